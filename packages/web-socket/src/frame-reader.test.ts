import { createSeededRandom } from "@antiphon/std";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader, FrameOpcode } from "./frame-reader.ts";

const { Continuation, Text, Binary, Close, Ping, Pong } = FrameOpcode;
const FINAL = 0x80;

/** A frame as a server sends it; `first` is its first byte. */
function frame(first: number, payload: Buffer | string): Buffer {
  const body = Buffer.from(payload);
  const header = Buffer.alloc(body.length < 126 ? 2 : body.length < 0x1_0000 ? 4 : 10);
  header[0] = first;
  header[1] = header.length === 2 ? body.length : header.length === 4 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(body.length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([header, body]);
}

/** What a reader made of the chunks, which are overwritten after each call as a socket's buffer is. */
function read(chunks: readonly Buffer[], maximumMessageBytes = 1_000_000): unknown[] {
  const seen: unknown[] = [];
  const reader = createFrameReader(maximumMessageBytes, {
    onMessage: (message, isBinary) => {
      const text = message.toString("latin1");
      seen.push(isBinary ? { binary: text } : text);
    },
    onControl: (opcode, payload) => seen.push([opcode, payload.toString("latin1")]),
    onViolation: (closeCode, problem) => seen.push({ closeCode, problem }),
  });
  for (const chunk of chunks) {
    const copy = Buffer.from(chunk);
    reader.read(copy);
    copy.fill(0xee);
  }
  return seen;
}

const split = (bytes: Buffer, at: number) => [bytes.subarray(0, at), bytes.subarray(at)];
const long = (length: number) => "0123456789".repeat(Math.ceil(length / 10)).slice(0, length);

const conversation = Buffer.concat([
  frame(FINAL | Text, "hello"),
  frame(FINAL | Binary, ""),
  frame(FINAL | Text, long(126)),
  frame(Text, "in "),
  frame(FINAL | Ping, "ping"),
  frame(Continuation, ""),
  frame(Continuation, "three "),
  frame(FINAL | Pong, ""),
  frame(FINAL | Continuation, "parts"),
  frame(FINAL | Binary, long(300)),
  frame(FINAL | Close, Buffer.from("\u000f\u00a0bye", "latin1")),
  frame(FINAL | Text, "after the end"),
]);
const meant = [
  "hello",
  { binary: "" },
  long(126),
  [Ping, "ping"],
  [Pong, ""],
  "in three parts",
  { binary: long(300) },
  [Close, "\u000f\u00a0bye"],
];

describe("the frame reader", () => {
  it("finds the messages wherever the bytes are cut", () => {
    expect(read([conversation])).toEqual(meant);
    expect(read(Array.from(conversation, (byte) => Buffer.of(byte)))).toEqual(meant);
    for (let at = 1; at < conversation.length; at++) expect(read(split(conversation, at))).toEqual(meant);
  });

  it("finds messages of every length in pieces of any size", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, 124, 125, 126, 127, 65_535, 65_536, 200_000), { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 }),
        (lengths, sizes) => {
          const messages = lengths.map(long);
          const bytes = Buffer.concat(messages.map((message) => frame(FINAL | Binary, message)));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(read(chunks)).toEqual(messages.map((binary) => ({ binary })));
        },
      ),
      { numRuns: 50, seed: 5 },
    );
  });

  it("keeps fragments apart from the pings between them, however small they are, and none of them from one message to the next", () => {
    const letters = Array.from(long(5_000));
    const fragments = letters.map((letter, index) => frame(index === 0 ? Binary : Continuation, letter));
    const pings = letters.map((letter) => frame(FINAL | Ping, letter));
    const interleaved = Buffer.concat(fragments.flatMap((fragment, index) => [fragment, pings[index] ?? fragment]));
    const bytes = Buffer.concat([interleaved, frame(FINAL | Continuation, ""), frame(FINAL | Text, "next")]);
    const expected = [...letters.map((letter) => [Ping, letter]), { binary: letters.join("") }, "next"];
    expect(read([bytes])).toEqual(expected);
    expect(read(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(expected);
  });

  it("hands on nothing once it is stopped, not even what it was given with the last", () => {
    const seen: string[] = [];
    const reader = createFrameReader(100, {
      onMessage(message) {
        seen.push(message.toString());
        reader.stop();
      },
      onControl: () => seen.push("control"),
      onViolation: () => seen.push("violation"),
    });
    reader.read(Buffer.concat([frame(FINAL | Text, "one"), frame(FINAL | Text, "two"), frame(FINAL | Ping, "")]));
    reader.read(frame(FINAL | Text, "three"));
    expect(seen).toEqual(["one"]);
  });

  it.each([
    ["a reserved bit", frame(FINAL | 0x40 | Text, "x"), 1002, "reserved"],
    ["a mask", Buffer.of(FINAL | Text, 0x81, 0, 0, 0, 0, 0), 1002, "masked"],
    ["an unknown opcode", frame(FINAL | 3, "x"), 1002, "opcode 3"],
    ["an unknown control opcode", frame(FINAL | 11, "x"), 1002, "opcode 11"],
    ["a split ping", frame(Ping, "x"), 1002, "control frame"],
    ["a long ping", frame(FINAL | Ping, long(126)), 1002, "control frame"],
    ["the rest of nothing", frame(FINAL | Continuation, "x"), 1002, "not started"],
    ["a message in another", Buffer.concat([frame(Text, "x"), frame(FINAL | Text, "y")]), 1002, "within another"],
    ["a huge message", frame(FINAL | Binary, long(1_001)), 1009, "over 1000 bytes"],
    ["a huge message in parts", Buffer.concat([frame(Text, long(600)), frame(FINAL | 0, long(401))]), 1009, "over"],
    ["a length beyond numbers", Buffer.of(FINAL | Text, 127, 255, 255, 255, 255, 255, 255, 255, 255), 1009, "over"],
  ])("refuses %s, and then reads no more", (_name, bytes, closeCode, problem) => {
    const after = frame(FINAL | Text, "after");
    const refusal = { closeCode, problem: expect.stringContaining(problem) };
    expect(read([Buffer.concat([bytes, after]), after], 1_000)).toEqual([refusal]);
    expect(read([...Array.from(bytes, (byte) => Buffer.of(byte)), after], 1_000)).toEqual([refusal]);
  });

  it("takes any bytes without throwing", () => {
    const random = createSeededRandom(3);
    for (let run = 0; run < 2_000; run++) {
      const noise = () => Buffer.from(Array.from({ length: random.integer(1, 40) }, () => random.integer(0, 255)));
      const seen = read([noise(), noise(), frame(FINAL | Text, "x"), noise()]);
      expect(seen.filter((each) => typeof each === "object" && each !== null && "problem" in each).length).toBeLessThan(
        2,
      );
    }
  });
});
