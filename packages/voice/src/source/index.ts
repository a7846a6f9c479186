export type { AudioFormat, AudioTags } from "./audio-decoder.ts";
export type { AudioSource, AudioSourceInfo, SeekableAudioSource } from "./audio-source.ts";
export { createMixer, type Mixer, type MixerOptions, type MixerRole, type MixerTrack } from "./mixer.ts";
export { openSource, type OpenSourceOptions, type SourceInput } from "./open-source.ts";
export type { OpusApplication, OpusCodec, OpusDecoder, OpusEncoder, OpusEncoderOptions } from "./opus-codec.ts";
export { createOpusCodec, createOpusDecoder, createOpusEncoder, type OpusLibrary } from "./create-opus-codec.ts";
export { createPcmSource, type PcmSource, type PcmSourceOptions } from "./pcm-source.ts";
export { VoiceSourceError, type VoiceSourceErrorCode } from "./source-error.ts";
