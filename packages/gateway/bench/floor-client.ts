import { WebSocket } from "ws";

// Receives a burst with the bare socket: `count` only counts the messages, `parse` also parses each. Prints `{"cpuMicroseconds"}`.
const [url = "", count = "0", mode = "count"] = process.argv.slice(2);
const expected = Number(count);
const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
const PREAMBLE = 2;
let received = 0;
let before = process.cpuUsage();
socket.on("open", () => socket.send('{"op":2}'));
socket.on("message", (data: Buffer) => {
  received++;
  if (received === PREAMBLE) before = process.cpuUsage();
  if (mode === "parse" && (JSON.parse(data.toString()) as { readonly op: number }).op < 0) throw new Error("no opcode");
  if (received !== expected + PREAMBLE) return;
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpuMicroseconds: (user + system) / expected }));
  socket.terminate();
});
