export { createOggOpusWriter, type OggOpusWriter } from "./ogg-opus-writer.ts";
export { decodeReceived, type ReceivedPcmFrame } from "./pcm-frames.ts";
export { recordCall, type CallRecording, type RecordCallOptions } from "./record-call.ts";
export { createWavMixer, type WavMixer } from "./wav-mixer.ts";
