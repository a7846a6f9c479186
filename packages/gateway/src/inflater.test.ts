import { createDeflate, createZstdCompress, constants } from "node:zlib";
import { createSeededRandom } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { chooseInflater } from "./choose-inflater.ts";
import type { CreateInflater, TransportCompression } from "./inflater.ts";
import { createSerialInflater } from "./serial-inflater.ts";
import { createSynchronousInflater } from "./synchronous-inflater.ts";

const random = createSeededRandom(7);
const noise = (length: number) => Array.from({ length }, () => random.integer(33, 126));
const messages = [
  '{"op":10}',
  `{"op":0,"d":"${"repeat ".repeat(60_000)}"}`,
  "",
  String.fromCharCode(...noise(100_000)),
  "ünïcödé 🎵",
  "x".repeat(64 * 1024),
];

/** What a server sends: one context, one flush per message. */
async function compress(compression: TransportCompression): Promise<Buffer[]> {
  const stream = compression === "zlib-stream" ? createDeflate() : createZstdCompress();
  const flush = compression === "zlib-stream" ? constants.Z_SYNC_FLUSH : constants.ZSTD_e_flush;
  const chunks: Buffer[] = [];
  let parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  for (const message of messages) {
    stream.write(message);
    await new Promise<void>((resolve) => {
      stream.flush(flush, resolve);
    });
    chunks.push(Buffer.concat(parts));
    parts = [];
  }
  stream.destroy();
  return chunks;
}

interface Outcome {
  readonly received: readonly string[];
  readonly errors: readonly Error[];
}

function feed(
  create: CreateInflater,
  compression: TransportCompression,
  chunks: readonly Buffer[],
  expected: number,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const received: string[] = [];
    const errors: Error[] = [];
    const finish = () => {
      inflater.close();
      resolve({ received, errors });
    };
    const inflater = create(compression, {
      onMessage(message) {
        received.push(message.toString());
        if (received.length === expected) queueMicrotask(finish);
      },
      onError(error) {
        errors.push(error);
        queueMicrotask(finish);
      },
    });
    for (const chunk of chunks) inflater.push(chunk);
  });
}

const implementations = [
  ["synchronous", createSynchronousInflater],
  ["serial", createSerialInflater],
] as const;
const compressions = ["zlib-stream", "zstd-stream"] as const;

describe.each(implementations)("the %s inflater", (_name, create) => {
  describe.each(compressions)("with %s", (compression) => {
    it("gives every message of one context, whatever its size", async () => {
      const chunks = await compress(compression);
      const { received, errors } = await feed(create, compression, chunks, messages.length);
      expect(errors).toEqual([]);
      expect(received).toEqual(messages);
    });

    it("reports a broken stream once and then stays silent", async () => {
      const chunks = [Buffer.from("this is not compressed at all"), ...(await compress(compression))];
      const { received, errors } = await feed(create, compression, chunks, 1);
      expect(received).toEqual([]);
      expect(errors).toHaveLength(1);
      expect(errors[0]?.message).not.toBe("");
    });

    it("hands nothing on after close", async () => {
      const [chunk] = await compress(compression);
      const received: string[] = [];
      const inflater = create(compression, {
        onMessage: (message) => received.push(message.toString()),
        onError: (error) => received.push(error.message),
      });
      inflater.close();
      inflater.close();
      inflater.push(chunk as Buffer);
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(received).toEqual([]);
    });
  });

  it("joins a zlib-stream message that came in pieces", async () => {
    const chunks = await compress("zlib-stream");
    const pieces = chunks.flatMap((chunk) => {
      const third = Math.ceil(chunk.length / 3);
      return [chunk.subarray(0, third), chunk.subarray(third, third * 2), chunk.subarray(third * 2)];
    });
    const { received } = await feed(create, "zlib-stream", pieces, messages.length);
    expect(received).toEqual(messages);
  });
});

describe("chooseInflater", () => {
  it.each(compressions)("drives the native handle for %s on this version of Node", (compression) => {
    expect(chooseInflater(compression)).toBe(createSynchronousInflater);
  });
});
