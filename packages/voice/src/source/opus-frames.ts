import { createFrameCutter, fromS16le } from "./frame-cutter.ts";
import type { FrameEncoder } from "./frame-encoder.ts";
import type { OpusDecoder } from "./opus-codec.ts";
import { createOpusDecoder } from "./create-opus-codec.ts";
import type { OpusStream } from "./opus-stream.ts";
import type { PacketReader } from "./pcm-frames.ts";

/** How many packets a fresh decoder hears before its output is used: 80 ms, as RFC 7845 (section 4.6) recommends. */
const PREROLL_PACKETS = 4;

/**
 * Gives the frames of an Opus stream: unchanged while no filter is at work and they last 20 ms, else decoded, filtered and
 * encoded again. It changes over at any frame, because the volume can change at any frame.
 */
export function createOpusFrames(reader: OpusStream, encoder: FrameEncoder): PacketReader {
  const cutter = createFrameCutter();
  let decoder: OpusDecoder | undefined;
  let recent: Uint8Array[] = [];
  let ended = false;

  const startDecoder = (): OpusDecoder => {
    const fresh = createOpusDecoder();
    for (const packet of recent) fresh.decode(packet);
    return fresh;
  };
  const stopDecoder = () => {
    decoder?.delete();
    decoder = undefined;
  };
  const decode = (packet: Uint8Array) => {
    decoder ??= startDecoder();
    try {
      const [left, right] = fromS16le(decoder.decode(packet));
      if (reader.gainRatio === 1) cutter.push(left, right);
      else
        cutter.push(
          left.map((sample) => sample * reader.gainRatio),
          right.map((sample) => sample * reader.gainRatio),
        );
    } catch {
      // A damaged packet is heard as silence; the stream goes on.
      cutter.push(new Float32Array(960), new Float32Array(960));
    }
  };

  return {
    async next() {
      for (;;) {
        const held = cutter.take();
        if (held !== undefined) return encoder.encode(held);
        const frame = ended ? null : await reader.next();
        if (ended || frame === null) {
          ended = true;
          const rest = cutter.takeRest();
          return rest === undefined ? null : encoder.encode(rest);
        }
        if (frame.frameMs === 20 && reader.gainRatio === 1 && encoder.isNeutral && cutter.heldSamples === 0) {
          stopDecoder();
          recent = [...recent.slice(1 - PREROLL_PACKETS), frame.packet];
          return frame.packet;
        }
        decode(frame.packet);
        recent = [];
      }
    },
    close() {
      ended = true;
      stopDecoder();
      encoder.close();
    },
  };
}
