import { createDeflate, createZstdCompress, constants } from "node:zlib";
import { createSeededRandom } from "@antiphon/std";
import fc from "fast-check";
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

const looksEnded = (piece: Buffer) => piece.length >= 4 && piece.readUInt32BE(piece.length - 4) === 0xffff;

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

  it("joins zlib-stream messages wherever they are split", async () => {
    const whole = await compress("zlib-stream");
    const splitting = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(splitting, async (sizes) => {
        let turn = 0;
        const pieces = whole.flatMap((chunk) => {
          const parts: Buffer[] = [];
          for (let at = 0; at < chunk.length;) {
            const size = sizes[turn++ % sizes.length] as number;
            parts.push(chunk.subarray(at, at + size));
            at += size;
          }
          return parts;
        });
        // A border inside of a message that looks like its end would be one to Discord's other clients, too.
        fc.pre(
          !pieces.some(
            (piece) => looksEnded(piece) && !whole.some((chunk) => chunk.subarray(-piece.length).equals(piece)),
          ),
        );
        const { received } = await feed(create, "zlib-stream", pieces, messages.length);
        expect(received).toEqual(messages);
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  it.each(compressions)("survives random bytes with %s", async (compression) => {
    const garbage = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(garbage, async (chunks) => {
        const errors: Error[] = [];
        const inflater = create(compression, { onMessage: () => {}, onError: (error) => errors.push(error) });
        for (const chunk of chunks) inflater.push(Buffer.from(chunk));
        await new Promise<void>((resolve) => setImmediate(resolve));
        inflater.close();
        expect(errors.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});

describe("chooseInflater", () => {
  it.each(compressions)("drives the native handle for %s on this version of Node", (compression) => {
    expect(chooseInflater(compression)).toBe(createSynchronousInflater);
  });
});
