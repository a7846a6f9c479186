import { peerInProcess } from "./peer-process.ts";
import { runPeerScenario } from "./peer-scenario.ts";

runPeerScenario({
  name: "discordeno",
  open: peerInProcess(new URL("discordeno-process.ts", import.meta.url)),
});
