import { constants, createInflate, createZstdDecompress } from "node:zlib";
import { WebSocket } from "ws";
import { measureBurst } from "./measure-burst.ts";

// Receives a burst with the bare socket of ws, and does no more than what nobody can leave out: `count` counts the messages, which
// are inflated where they are compressed, and `parse` also parses each.
const [url = "", compression = "none", count = "0", mode = "count"] = process.argv.slice(2);
const expected = Number(count);
const burst = measureBurst(url, expected);
const socket = new WebSocket(url.replace("http", "ws"), { perMessageDeflate: false, skipUTF8Validation: true });
const OUTPUT_BYTES = 64 * 1024;
const PREAMBLE = 3;
let received = 0;

interface Native {
  readonly _handle: { writeSync(flush: number, ...rest: (Uint8Array | number)[]): void };
  readonly _writeState: Uint32Array;
}

/** node:zlib's native handle, driven without anything around it. */
function createBareInflate(): (data: Buffer) => Buffer {
  if (compression === "none") return (data) => data;
  const isZlib = compression === "zlib-stream";
  const stream = (isZlib ? createInflate() : createZstdDecompress()) as unknown as Native;
  const flush = isZlib ? constants.Z_SYNC_FLUSH : constants.ZSTD_e_flush;
  const output = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  return (data) => {
    stream._handle.writeSync(flush, data, 0, data.length, output, 0, OUTPUT_BYTES);
    return output.subarray(0, OUTPUT_BYTES - (stream._writeState[0] ?? 0));
  };
}

const inflate = createBareInflate();
socket.on("open", () => socket.send('{"op":2}'));
socket.on("message", (data: Buffer) => {
  const message = inflate(data);
  received++;
  if (mode === "parse" && (JSON.parse(message.toString()) as { readonly op: number }).op < 0)
    throw new Error("no opcode");
  if (received === PREAMBLE) burst.start();
  burst.count(received - PREAMBLE);
});
