import type { FrameFilter } from "./frame-filter.ts";
import { toS16le } from "./frame-cutter.ts";
import type { OpusEncoder } from "./opus-codec.ts";

/** The last stretch of the way: filters, then Opus. The encoder is made when the first frame comes. */
export interface FrameEncoder {
  /** Whether no filter changes anything now. */
  readonly isNeutral: boolean;
  /** Filters 960 interleaved samples in place and encodes them; throws after `close`. */
  encode(samples: Float32Array): Uint8Array;
  /** Frees the encoder. */
  close(): void;
}

/** Builds a {@link FrameEncoder}. */
export function createFrameEncoder(filters: readonly FrameFilter[], createEncoder: () => OpusEncoder): FrameEncoder {
  let encoder: OpusEncoder | undefined;
  let closed = false;
  return {
    get isNeutral() {
      return filters.every((filter) => filter.isNeutral);
    },
    encode(samples) {
      if (closed) throw new Error("the source was closed");
      for (const filter of filters) if (!filter.isNeutral) filter.process(samples);
      encoder ??= createEncoder();
      return encoder.encode(toS16le(samples));
    },
    close() {
      closed = true;
      encoder?.delete();
    },
  };
}
