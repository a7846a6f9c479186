import { createRequire } from "node:module";
import { FRAME_SAMPLES, PCM_CHANNELS, PCM_FRAME_BYTES } from "@antiphon/protocol/voice";
import type { OpusApplication, OpusCodec } from "./opus-codec.ts";

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

/** Builds a codec on opusscript's WebAssembly, with a memory of its own. */
export function createOpusscriptCodec(): OpusCodec {
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
