import type { Filters } from "@antiphon/protocol/lavalink";
import type { FrameSource } from "@antiphon/voice";
import { createOpusDecoder, createOpusEncoder, type OpusDecoder, type OpusEncoder } from "@antiphon/voice/source";
import { createFilterChain } from "./filter-chain.ts";
import { join } from "./time-stretch.ts";

/** Frames of another source, with filters over them. */
export interface FilteredFrames extends FrameSource {
  /** Puts other filters in place of these, from the next frame on. */
  setFilters(filters: Filters): void;
  /** How much of the track was heard, in milliseconds, when `playedMs` of these frames were. */
  trackMsAt(playedMs: number): number;
}

/** From a moment of playing on, the track goes by at another speed. */
interface SpeedChange {
  readonly playedMs: number;
  readonly trackMs: number;
  readonly ratio: number;
}

const START: SpeedChange = { playedMs: 0, trackMs: 0, ratio: 1 };
const FRAME_MS = 20;
const FRAME_CELLS = 960 * 2;
/** Frames are taken up to a second ahead: changes older than that are of no use to anybody but the last one. */
const KEPT_CHANGES = 64;

function toSamples(pcm: Uint8Array): Float32Array {
  const cells = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);
  return Float32Array.from(cells, (cell) => cell / 32_768);
}

function toPcm(samples: Float32Array): Uint8Array {
  const cells = Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
  return new Uint8Array(cells.buffer);
}

/** Builds {@link FilteredFrames}. While no filter is on, frames pass through as they are, and nothing is decoded. */
export function createFilteredFrames(inner: FrameSource, filters: Filters): FilteredFrames {
  let chain = createFilterChain(filters);
  let decoder: OpusDecoder | undefined;
  let encoder: OpusEncoder | undefined;
  let held: Float32Array = new Float32Array(0);
  let isOver = false;
  let isClosed = false;
  let frames = 0;
  let changes: SpeedChange[] = [{ ...START, ratio: chain?.speedRatio ?? 1 }];

  const trackMsAt = (playedMs: number): number => {
    const last = changes.findLast((change) => change.playedMs <= playedMs) ?? changes[0] ?? START;
    return last.trackMs + Math.max(0, playedMs - last.playedMs) * last.ratio;
  };
  const encode = (samples: Float32Array): Uint8Array => {
    encoder ??= createOpusEncoder();
    frames += 1;
    return encoder.encode(toPcm(samples));
  };
  /** The next frame of what is held; at the end the last one is filled up with silence. */
  const take = (): Uint8Array | undefined => {
    if (held.length < FRAME_CELLS && !(isOver && held.length > 0)) return undefined;
    const frame = new Float32Array(FRAME_CELLS);
    frame.set(held.subarray(0, FRAME_CELLS));
    held = held.slice(FRAME_CELLS);
    return encode(frame);
  };
  return {
    frameMs: FRAME_MS,
    trackMsAt,
    setFilters(next) {
      chain = createFilterChain(next);
      const playedMs = frames * FRAME_MS;
      const change = { playedMs, trackMs: trackMsAt(playedMs), ratio: chain?.speedRatio ?? 1 };
      changes = [...changes, change].slice(-KEPT_CHANGES);
    },
    async next() {
      for (;;) {
        if (isClosed) return null;
        const ready = take();
        if (ready !== undefined) return ready;
        if (isOver) return null;
        const packet = await inner.next();
        // Closed while it waited: the codecs are gone.
        if (isClosed) return null;
        if (packet === null) {
          isOver = true;
          if (chain !== undefined) held = join([held, chain.flush()]);
        } else if (chain === undefined) {
          // Less than a frame of filtered sound may be left; it is not worth decoding on for.
          held = new Float32Array(0);
          frames += 1;
          return packet;
        } else {
          decoder ??= createOpusDecoder();
          held = join([held, chain.push(toSamples(decoder.decode(packet)))]);
        }
      }
    },
    async close() {
      isClosed = true;
      decoder?.delete();
      encoder?.delete();
      await inner.close();
    },
  };
}
