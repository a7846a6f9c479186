// Takes a flood of messages with one of the clients, looks at none of them, and prints what they cost as JSON.
import { openWebSocket } from "@antiphon/web-socket";
import { WebSocket } from "ws";

/** What a client process prints. */
export interface FloodFigures {
  readonly cpuMicroseconds: number;
  readonly rssMebibytes: number;
}

const [client = "", address = "", sizeBytes = "0", count = "0"] = process.argv.slice(2);
const WARM_MESSAGES = 5_000;
const total = Number(count);
let received = 0;
let before = process.cpuUsage();
let send: (message: string) => void;

const ask = (messages: number) => send(JSON.stringify({ sizeBytes: Number(sizeBytes), count: messages }));
function onMessage(message: Buffer): void {
  if (message.length !== Number(sizeBytes)) throw new Error(`a message has ${message.length} bytes`);
  received++;
  if (received === WARM_MESSAGES) {
    before = process.cpuUsage();
    ask(total);
  }
  if (received < WARM_MESSAGES + total) return;
  const { user, system } = process.cpuUsage(before);
  const figures: FloodFigures = {
    cpuMicroseconds: (user + system) / total,
    rssMebibytes: process.memoryUsage.rss() / 1024 / 1024,
  };
  process.stdout.write(JSON.stringify(figures), () => process.exit());
}

if (client === "ws") {
  const socket = new WebSocket(address, { perMessageDeflate: false, skipUTF8Validation: true });
  send = (message) => socket.send(message);
  socket.on("message", onMessage);
  socket.on("open", () => ask(WARM_MESSAGES));
} else {
  const socket = openWebSocket(address, { onMessage, onOpen: () => ask(WARM_MESSAGES) });
  send = (message) => socket.send(message);
}
