// Opens a WebSocket to a Lavalink node, asks it for a pong, stops to read for a moment, and closes.
// Here: `npx node --conditions=@antiphon/source packages/web-socket/examples/ping-a-node.ts`; in a project of your own: `node ping-a-node.ts`.
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { openWebSocket } from "@antiphon/web-socket";

await using node = await startLavalinkSimulator();
const opened = Promise.withResolvers<void>();
const answered = Promise.withResolvers<void>();
const last = Promise.withResolvers<void>();
let received = 0;

await using socket = openWebSocket(
  `ws://${node.host}:${node.port}/v4/websocket`,
  {
    onOpen: opened.resolve,
    onPong: answered.resolve,
    onMessage(message) {
      received++;
      if (message.includes("last")) last.resolve();
    },
  },
  { headers: { Authorization: node.password, "User-Id": "1000", "Client-Name": "example/1" } },
);
await opened.promise;
const startedMs = performance.now();
socket.ping();
await answered.promise;
console.log(`the node answered after ${(performance.now() - startedMs).toFixed(1)} ms`);

// While nothing is read, the kernel keeps what comes, and at last the server stops to send.
socket.pause();
for (let index = 0; index < 1_000; index++) node.faults.sendRaw(`{"op":"example","index":${index}}`);
node.faults.sendRaw('{"op":"last"}');
const before = received;
setTimeout(() => socket.resume(), 20);
await last.promise;
console.log(`${received - before} messages came after the pause`);
