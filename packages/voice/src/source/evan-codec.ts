import { createRequire } from "node:module";
import type * as evan from "@evan/opus";
import { PCM_CHANNELS, PCM_FRAME_BYTES } from "@antiphon/protocol/voice";
import type { OpusApplication, OpusCodec } from "./opus-codec.ts";

type EvanApplication = NonNullable<NonNullable<ConstructorParameters<typeof evan.Encoder>[0]>["application"]>;

const NAME = "@evan/opus";
const SAMPLE_RATE_HZ = 48_000;
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;
const MAXIMUM_PACKET_BYTES = 1276 * 3;
const APPLICATIONS: Readonly<Record<OpusApplication, EvanApplication>> = {
  voip: "voip",
  audio: "audio",
  lowDelay: "restricted_lowdelay",
};
// Not an import, because the package is optional and chosen when the first codec is made.
const require = createRequire(import.meta.url);

/** Whether the optional package can be found from here. */
export function isEvanInstalled(): boolean {
  try {
    require.resolve(NAME);
    return true;
  } catch {
    // That it is not there is the answer.
    return false;
  }
}

/** A codec whose methods work until its `delete`; the memory itself is freed by garbage collection. */
function untilDeleted<T>(value: T) {
  let held: T | undefined = value;
  return {
    get() {
      if (held === undefined) throw new Error("this Opus codec was deleted");
      return held;
    },
    delete() {
      held = undefined;
    },
  };
}

/** Does something that the library answers with a thrown text when it fails. */
function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`Opus could not ${what} (${String(error)})`, { cause: error });
  }
}

/** Builds a codec on `@evan/opus`: libopus as native code, half as expensive as WebAssembly; throws when it is not installed. */
export function createEvanCodec(): OpusCodec {
  const { Encoder, Decoder } = require(NAME) as typeof evan;
  return {
    createEncoder({ bitrateBps = 128_000, application = "audio", complexity = 10 } = {}) {
      const native = new Encoder({
        channels: PCM_CHANNELS,
        sample_rate: SAMPLE_RATE_HZ,
        application: APPLICATIONS[application],
      });
      attempt(`set the bit rate to ${bitrateBps}`, () => native.ctl(SET_BITRATE, bitrateBps));
      attempt(`set the complexity to ${complexity}`, () => native.ctl(SET_COMPLEXITY, complexity));
      const held = untilDeleted(native);
      return {
        encode(pcm) {
          if (pcm.length !== PCM_FRAME_BYTES)
            throw new RangeError(`an Opus frame takes ${PCM_FRAME_BYTES} bytes of PCM, not ${pcm.length}`);
          const alive = held.get();
          return attempt("encode a frame", () => Uint8Array.from(alive.encode(pcm)));
        },
        delete: held.delete,
      };
    },
    createDecoder() {
      const held = untilDeleted(new Decoder({ channels: PCM_CHANNELS, sample_rate: SAMPLE_RATE_HZ }));
      return {
        decode(packet) {
          if (packet.length === 0 || packet.length > MAXIMUM_PACKET_BYTES)
            throw new RangeError(`an Opus packet cannot have ${packet.length} bytes`);
          const alive = held.get();
          return attempt("decode a packet", () => Uint8Array.from(alive.decode(packet)));
        },
        delete: held.delete,
      };
    },
  };
}
