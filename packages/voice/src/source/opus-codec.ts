import { createRequire } from "node:module";
import { FRAME_SAMPLES, PCM_CHANNELS, PCM_FRAME_BYTES } from "@antiphon/protocol/voice";
import { createEvanCodec, isEvanInstalled } from "./evan-codec.ts";

/** What the audio is: `audio` for music, `voip` for speech, `lowDelay` where milliseconds count more than quality. */
export type OpusApplication = "audio" | "voip" | "lowDelay";

/** Options of {@link createOpusEncoder}. */
export interface OpusEncoderOptions {
  /** Bits per second, 6,000 to 510,000. Defaults to 128,000. */
  readonly bitrateBps?: number | undefined;
  /** Defaults to `audio`. */
  readonly application?: OpusApplication | undefined;
  /** From 0 (least work) to 10 (best). Defaults to 10; 5 is good for speech. */
  readonly complexity?: number | undefined;
}

/** Encodes 20 ms at a time: 48,000 Hz, 2 channels, 960 samples a frame. */
export interface OpusEncoder {
  /** Encodes interleaved s16le, 3,840 bytes, and gives a packet of its own memory. */
  encode(pcm: Uint8Array): Uint8Array;
  /** Frees the encoder's memory; idempotent. Not freeing one leaks until the process ends. */
  delete(): void;
}

/** Decodes packets of up to 60 ms to 48,000 Hz, 2 channels. */
export interface OpusDecoder {
  /** Decodes one packet to interleaved s16le of its own memory; throws an Error for a malformed packet. */
  decode(packet: Uint8Array): Uint8Array;
  /** Frees the decoder's memory; idempotent. */
  delete(): void;
}

/** Where encoders and decoders come from: the port through which another Opus library can be used. */
export interface OpusCodec {
  createEncoder(options?: OpusEncoderOptions): OpusEncoder;
  createDecoder(): OpusDecoder;
}

interface NativeHandler {
  _encode(pcmPointer: number, pcmBytes: number, packetPointer: number, frameSamples: number): number;
  _decode(packetPointer: number, packetBytes: number, pcmPointer: number): number;
  _encoder_ctl(request: number, value: number): number;
}

interface NativeModule {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU16: Uint16Array;
  readonly OpusScriptHandler: {
    new (sampleRateHz: number, channelCount: number, application: number): NativeHandler;
    destroy_handler(handler: NativeHandler): void;
  };
  _malloc(sizeBytes: number): number;
  _free(pointer: number): void;
}

const SAMPLE_RATE_HZ = 48_000;
/** 60 ms, the most that opusscript decodes at once. */
const MAXIMUM_PCM_BYTES = 3 * PCM_FRAME_BYTES;
const MAXIMUM_PACKET_BYTES = 1276 * 3;
const APPLICATIONS: Readonly<Record<OpusApplication, number>> = { voip: 2048, audio: 2049, lowDelay: 2051 };
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;

/**
 * The WebAssembly inside opusscript, without opusscript's own wrapper: that one addresses its buffers at twice their offset, so it
 * writes over other codecs' memory, and it keeps views of a memory that is replaced when it grows (at about a hundred codecs).
 */
function loadNative(): NativeModule {
  const require = createRequire(import.meta.url);
  const build = require("opusscript/build/opusscript_native_wasm.js") as () => NativeModule;
  return build();
}

/** One libopus state with its buffers. The module's ends of PCM take one 16-bit cell per byte. */
function createState(native: NativeModule, application: number) {
  const handler = new native.OpusScriptHandler(SAMPLE_RATE_HZ, PCM_CHANNELS, application);
  const pcmPointer = native._malloc(MAXIMUM_PCM_BYTES * 2);
  const packetPointer = native._malloc(MAXIMUM_PACKET_BYTES);
  let deleted = false;
  const check = (result: number, what: string): number => {
    if (result < 0) throw new Error(`Opus could not ${what} (libopus error ${result})`);
    return result;
  };
  const assertAlive = () => {
    if (deleted) throw new Error("this Opus codec was deleted");
  };
  return {
    control: (request: number, value: number) =>
      void check(handler._encoder_ctl(request, value), `set option ${request} to ${value}`),
    encode(pcm: Uint8Array): Uint8Array {
      assertAlive();
      if (pcm.length !== PCM_FRAME_BYTES)
        throw new RangeError(`an Opus frame takes ${PCM_FRAME_BYTES} bytes of PCM, not ${pcm.length}`);
      native.HEAPU16.set(pcm, pcmPointer / 2);
      const length = check(
        handler._encode(pcmPointer, PCM_FRAME_BYTES, packetPointer, FRAME_SAMPLES),
        "encode a frame",
      );
      return native.HEAPU8.slice(packetPointer, packetPointer + length);
    },
    decode(packet: Uint8Array): Uint8Array {
      assertAlive();
      if (packet.length === 0 || packet.length > MAXIMUM_PACKET_BYTES)
        throw new RangeError(`an Opus packet cannot have ${packet.length} bytes`);
      native.HEAPU8.set(packet, packetPointer);
      const samples = check(handler._decode(packetPointer, packet.length, pcmPointer), "decode a packet");
      const cells = native.HEAPU16.subarray(pcmPointer / 2, pcmPointer / 2 + samples * PCM_CHANNELS * 2);
      return Uint8Array.from(cells);
    },
    delete() {
      if (deleted) return;
      deleted = true;
      native.OpusScriptHandler.destroy_handler(handler);
      native._free(pcmPointer);
      native._free(packetPointer);
    },
  };
}

/** What a codec runs on: libopus as WebAssembly, or as native code where it is installed. */
export type OpusLibrary = "opusscript" | "@evan/opus";

/**
 * Builds a codec of its own; most callers want {@link createOpusEncoder}. On `opusscript`, the default, it has a WebAssembly memory of its
 * own.
 *
 * @throws Error when `@evan/opus` is asked for and not installed
 */
export function createOpusCodec(library: OpusLibrary = "opusscript"): OpusCodec {
  return library === "@evan/opus" ? createEvanCodec() : createWasmCodec();
}

function createWasmCodec(): OpusCodec {
  const native = loadNative();
  return {
    createEncoder({ bitrateBps = 128_000, application = "audio", complexity = 10 } = {}) {
      const { control, encode, delete: free } = createState(native, APPLICATIONS[application]);
      control(SET_BITRATE, bitrateBps);
      control(SET_COMPLEXITY, complexity);
      return { encode, delete: free };
    },
    createDecoder() {
      const { decode, delete: free } = createState(native, APPLICATIONS.audio);
      return { decode, delete: free };
    },
  };
}

/** Chosen once per process, at its first codec; it holds no state besides the codecs'. */
let shared: OpusCodec | undefined;

function chooseCodec(): OpusCodec {
  return createOpusCodec(isEvanInstalled() ? "@evan/opus" : "opusscript");
}

/** Builds an encoder on the process's shared codec: `@evan/opus` when it is installed, opusscript's WebAssembly otherwise. */
export function createOpusEncoder(options?: OpusEncoderOptions): OpusEncoder {
  return (shared ??= chooseCodec()).createEncoder(options);
}

/** Builds a decoder on the process's shared codec: `@evan/opus` when it is installed, opusscript's WebAssembly otherwise. */
export function createOpusDecoder(): OpusDecoder {
  return (shared ??= chooseCodec()).createDecoder();
}
