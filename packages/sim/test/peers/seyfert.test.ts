import { peerInProcess } from "./peer-process.ts";
import { runPeerScenario } from "./peer-scenario.ts";

runPeerScenario({
  name: "seyfert",
  open: peerInProcess(new URL("seyfert-process.ts", import.meta.url)),
  // It loses a HELLO that comes together with the answer to its upgrade.
  simulator: { helloDelayMs: 100 },
});
