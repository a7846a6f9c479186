import type { UserId } from "@antiphon/protocol/discord";
import type { ReceivedOpusFrame } from "../frame-receiver.ts";
import type { OpusDecoder } from "../source/opus-codec.ts";
import { createOpusDecoder } from "../source/create-opus-codec.ts";

/** 20 ms of one speaker, decoded. */
export interface ReceivedPcmFrame {
  /** Who spoke. */
  readonly userId: UserId;
  /** 960 samples of left and right, interleaved, 48,000 Hz. */
  readonly samples: Int16Array;
  /** The RTP timestamp in samples, modulo 2^32. */
  readonly timestamp: number;
  /** Whether the packet was lost and this is the sound before it, fading. */
  readonly isConcealed: boolean;
}

/** Lost packets in a row that are made up for: after 100 ms nobody takes an echo for speech. */
const MAXIMUM_CONCEALED = 5;
/** How much of the loudness is left from one made-up frame to the next. */
const CONCEALMENT_DECAY = 0.6;
const FRAME_SAMPLES = 960;
const FRAME_VALUES = 1_920;

interface Speaker {
  readonly decoder: OpusDecoder;
  sequence: number;
  timestamp: number;
  samples: Int16Array;
}

function decode(decoder: OpusDecoder, opus: Uint8Array): Int16Array | null {
  try {
    const pcm = decoder.decode(opus);
    return new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength >> 1);
  } catch {
    // A packet that is no Opus is as good as lost; the next one tells.
    return null;
  }
}

/** The frame before, with its loudness falling evenly. */
function fade(samples: Int16Array): Int16Array {
  const faded = new Int16Array(FRAME_VALUES);
  for (let index = 0; index < FRAME_VALUES; index++) {
    const gain = 1 - ((1 - CONCEALMENT_DECAY) * index) / FRAME_VALUES;
    faded[index] = (samples[index] ?? 0) * gain;
  }
  return faded;
}

/**
 * Decodes received frames. Up to five packets that were lost in a row are made up for by the sound before them, repeated and fading; a
 * pause of the speaker, which the timestamp alone shows, is not.
 */
export async function* decodeReceived(
  frames: AsyncIterable<ReceivedOpusFrame>,
): AsyncGenerator<ReceivedPcmFrame, void> {
  const speakers = new Map<UserId, Speaker>();
  try {
    for await (const { userId, opus, sequence, timestamp } of frames) {
      let speaker = speakers.get(userId);
      if (speaker === undefined) {
        speaker = {
          decoder: createOpusDecoder(),
          sequence: (sequence - 1) & 0xffff,
          timestamp,
          samples: new Int16Array(FRAME_VALUES),
        };
        speakers.set(userId, speaker);
      }
      const samples = decode(speaker.decoder, opus);
      const distance = (sequence - speaker.sequence) & 0xffff;
      const missing = distance - 1 + (samples === null ? 1 : 0);
      if (missing > 0 && missing <= MAXIMUM_CONCEALED) {
        for (let lost = 1; lost <= missing; lost++) {
          speaker.samples = fade(speaker.samples);
          const lostAt = (speaker.timestamp + lost * FRAME_SAMPLES) >>> 0;
          yield { userId, samples: speaker.samples, timestamp: lostAt, isConcealed: true };
        }
      }
      speaker.sequence = sequence;
      speaker.timestamp = timestamp;
      if (samples === null) continue;
      speaker.samples = samples;
      yield { userId, samples, timestamp, isConcealed: false };
    }
  } finally {
    for (const { decoder } of speakers.values()) decoder.delete();
  }
}
