import { createBoundedQueue, type BoundedQueue } from "@antiphon/std";
import type { UserId } from "@antiphon/protocol/discord";
import { isOpusSilence } from "@antiphon/protocol/voice";
import { createRingReader, RING_FRAME_BYTES } from "./frame-ring.ts";
import type { ConnectionMemory, Controls } from "./shared-memory.ts";

/** A frame that somebody else sent, decrypted. */
export interface ReceivedOpusFrame {
  /** Who sent it. */
  readonly userId: UserId;
  /** 20 ms of Opus as its sender encoded it; silence frames included. */
  readonly opus: Uint8Array;
  /** The RTP sequence number, 0 to 65,535: a jump is a loss. */
  readonly sequence: number;
  /** The RTP timestamp in samples at 48,000 Hz, modulo 2^32: it grows by 960 per 20 ms, pauses included. */
  readonly timestamp: number;
}

/** Options of a received stream. */
export interface ReceiveOptions {
  /** How many unread frames are kept before the oldest are dropped. Defaults to 250: 5 s of one speaker. */
  readonly limit?: number | undefined;
  /** Ends the stream when, after the first sound, only silence or nothing came for so long, in milliseconds. Off by default. */
  readonly endAfterSilenceMs?: number | undefined;
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
}

/** Hands received frames to any number of streams. */
export interface FrameReceiver {
  /** Opens a stream of one user's frames, or of everybody's. It ends with its loop, its signal, or the connection. */
  open(userId: string | undefined, options: ReceiveOptions): AsyncIterableIterator<ReceivedOpusFrame>;
  /** Empties the ring into the streams. */
  drain(): void;
  /** Frames that slow streams have lost so far. */
  readonly dropped: number;
  /** Ends all streams. */
  close(): void;
}

/** A timer that comes so much later than it should tells of a thread that was kept from running, not of silence. */
const HELD_UP_MS = 100;

interface Stream {
  readonly userId: string | undefined;
  readonly queue: BoundedQueue<ReceivedOpusFrame>;
  readonly endAfterSilenceMs: number | undefined;
  silence: NodeJS.Timeout | null;
  /** When the silence will have lasted long enough, by the monotonic clock. */
  silentAtMs: number;
}

/** Builds the main thread's end of the receive ring. */
export function createFrameReceiver(memory: ConnectionMemory, controls: Controls): FrameReceiver {
  const ring = createRingReader(memory.receive);
  const streams = new Set<Stream>();
  const buffer = new Uint8Array(RING_FRAME_BYTES);
  const tag = new Uint32Array(4);
  let dropped = 0;

  const end = (stream: Stream) => {
    if (stream.silence !== null) clearTimeout(stream.silence);
    stream.silence = null;
    stream.queue.close();
    streams.delete(stream);
    if (streams.size === 0) controls.store("receiving", 0);
  };
  const awaitSilence = (stream: Stream, endAfterSilenceMs: number) => {
    stream.silentAtMs = performance.now() + endAfterSilenceMs;
    if (stream.silence !== null) return void stream.silence.refresh();
    stream.silence = setTimeout(() => {
      // While this thread stood still nothing could be heard: what was said meanwhile comes next.
      if (performance.now() - stream.silentAtMs > HELD_UP_MS) awaitSilence(stream, endAfterSilenceMs);
      else end(stream);
    }, endAfterSilenceMs);
  };
  const deliver = (stream: Stream, frame: ReceivedOpusFrame) => {
    stream.queue.push(frame);
    if (stream.endAfterSilenceMs === undefined || isOpusSilence(frame.opus)) return;
    awaitSilence(stream, stream.endAfterSilenceMs);
  };
  return {
    open(userId, { limit = 250, endAfterSilenceMs, signal }) {
      const queue = createBoundedQueue<ReceivedOpusFrame>({ limit, onDrop: () => dropped++ });
      const stream: Stream = { userId, queue, endAfterSilenceMs, silence: null, silentAtMs: Infinity };
      const onEnd = () => {
        signal?.removeEventListener("abort", onEnd);
        end(stream);
      };
      streams.add(stream);
      controls.store("receiving", 1);
      if (signal?.aborted === true) onEnd();
      signal?.addEventListener("abort", onEnd, { once: true });
      const iterator: AsyncIterableIterator<ReceivedOpusFrame> = {
        async next() {
          const value = await stream.queue.take();
          return value === undefined ? { done: true, value: undefined } : { done: false, value };
        },
        return() {
          onEnd();
          return Promise.resolve({ done: true, value: undefined });
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
    drain() {
      // Lowered first, so that a frame which comes during the loop is announced anew.
      controls.store("receivePending", 0);
      for (let length = ring.read(buffer, tag); length >= 0; length = ring.read(buffer, tag)) {
        const [high = 0, low = 0, sequence = 0, timestamp = 0] = tag;
        const userId = String((BigInt(high) << 32n) | BigInt(low)) as UserId;
        const frame: ReceivedOpusFrame = { userId, opus: buffer.slice(0, length), sequence, timestamp };
        for (const stream of streams) {
          if (stream.userId === undefined || stream.userId === userId) deliver(stream, frame);
        }
      }
    },
    get dropped() {
      return dropped;
    },
    close() {
      for (const stream of streams) end(stream);
    },
  };
}
