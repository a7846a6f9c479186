import { connectNatsBus } from "../src/index.ts";
import { createDiscordWorker, dispatchSubjects } from "../src/discord/index.ts";

// A worker that says ten times a second how many messages it has got, and how late: `server applicationId`.
const [, , servers = "", applicationId = ""] = process.argv;
const bus = await connectNatsBus({ servers, stream: { name: "discord", subjects: [dispatchSubjects()] } });
const worker = createDiscordWorker({ bus, applicationId });
let count = 0;
let lateMs = 0;
worker.gateway.subscribe(({ type, data }) => {
  if (type !== "MESSAGE_CREATE") return;
  count++;
  lateMs = Math.max(lateMs, Date.now() - (data as { readonly sentAtMs: number }).sentAtMs);
});
setInterval(() => process.stdout.write(`${JSON.stringify({ count, lateMs })}\n`), 100);
await worker.gateway.connect();
