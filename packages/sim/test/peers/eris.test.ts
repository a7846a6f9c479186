import { peerInProcess } from "./peer-process.ts";
import { runPeerScenario } from "./peer-scenario.ts";

runPeerScenario({
  name: "eris",
  open: peerInProcess(new URL("eris-process.ts", import.meta.url)),
});
