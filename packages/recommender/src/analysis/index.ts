export { analyzeAudio, type AudioSource } from "./analyze-audio.ts";
export { analyzeSamples, type AudioAnalysis } from "./analyze-samples.ts";
export type { Loudness } from "./loudness.ts";
export { pitchClasses, type MusicalKey, type PitchClass } from "./musical-key.ts";
export type { PcmAudio } from "./pcm-audio.ts";
export { readWav } from "./read-wav.ts";
export type { SpectralFeatures } from "./spectral-features.ts";
export type { Tempo } from "./tempo.ts";
