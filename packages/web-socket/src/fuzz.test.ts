import { createSeededRandom } from "@antiphon/std";
import { expect, test } from "vitest";
import { encodeFrame } from "./encode-frame.ts";
import { createFrameReader, FrameOpcode } from "./frame-reader.ts";
import { createHandshake } from "./handshake.ts";

/** How many inputs; set ANTIPHON_FUZZ_RUNS to 1000000 for the long run. */
const RUNS = Number(process.env["ANTIPHON_FUZZ_RUNS"] ?? 20_000);
const LIMIT_BYTES = 1_000;

test("whatever a server sends and however it is cut, no message is over the limit and nothing follows the end", () => {
  const random = createSeededRandom(17);
  const noise = () => Buffer.from(Array.from({ length: random.integer(1, 30) }, () => random.integer(0, 255)));
  let messages = 0;
  let ends = 0;
  for (let run = 0; run < RUNS; run++) {
    let hasEnded = false;
    const reader = createFrameReader(LIMIT_BYTES, {
      onMessage(message) {
        messages++;
        expect(hasEnded).toBe(false);
        expect(message.length).toBeLessThanOrEqual(LIMIT_BYTES);
      },
      onControl(opcode, payload) {
        expect(hasEnded).toBe(false);
        expect(payload.length).toBeLessThanOrEqual(125);
        hasEnded = opcode === FrameOpcode.Close;
      },
      onViolation() {
        expect(hasEnded).toBe(false);
        hasEnded = true;
      },
    });
    // Right frames with a damaged byte get further than noise does.
    const parts = Array.from({ length: random.integer(1, 6) }, () => {
      const opcode = random.pick([0, 1, 1, 2, 2, 8, 9, 10]);
      const body = Buffer.alloc(random.integer(0, random.pick([10, 130, 600])), "x");
      const header = Buffer.of((random.next() < 0.8 ? 0x80 : 0) | opcode, Math.min(body.length, 125));
      return random.next() < 0.1 ? noise() : Buffer.concat([header, body.subarray(0, 125)]);
    });
    const bytes = Buffer.concat(parts);
    if (random.next() < 0.5) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
    for (let at = 0; at < bytes.length;) {
      const end = at + random.integer(1, bytes.length);
      reader.read(Buffer.from(bytes.subarray(at, end)));
      at = end;
    }
    if (hasEnded) ends++;
  }
  expect(messages).toBeGreaterThan(RUNS / 2);
  expect(ends).toBeGreaterThan(RUNS / 10);
});

test("no answer to the handshake throws, and none but the right one opens", () => {
  const random = createSeededRandom(19);
  const lines = ["HTTP/1.1 101 x", "HTTP/1.1 403", "upgrade: websocket", "sec-websocket-accept: eA==", ":", "", "\0"];
  for (let run = 0; run < RUNS / 10; run++) {
    const { receive } = createHandshake(new URL("ws://node.example/"), {});
    const text = Array.from({ length: random.integer(1, 6) }, () => random.pick(lines)).join(
      random.pick(["\r\n", "\n", "\r"]),
    );
    expect(receive(Buffer.from(`${text}\r\n\r\n`))?.isOpen).toBe(false);
  }
});

test("what is encoded unmasks to what it was", () => {
  const random = createSeededRandom(23);
  for (const length of [0, 1, 5, 125, 126, 300, 65_535, 65_536]) {
    const payload = Buffer.from(Array.from({ length }, () => random.integer(0, 255)));
    const frame = encodeFrame(FrameOpcode.Binary, payload);
    const maskAt = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    const mask = frame.subarray(maskAt, maskAt + 4);
    const unmasked = frame.subarray(maskAt + 4).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    expect(Buffer.from(unmasked).equals(payload)).toBe(true);
    expect([frame[0], (frame[1] ?? 0) & 0x80]).toEqual([0x82, 0x80]);
  }
});
