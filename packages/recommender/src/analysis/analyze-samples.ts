import { measureLoudness, type Loudness } from "./loudness.ts";
import { findKey, type MusicalKey } from "./musical-key.ts";
import { checkAudio, mixDown, type PcmAudio } from "./pcm-audio.ts";
import { measureSpectrum, type SpectralFeatures } from "./spectral-features.ts";
import { findTempo, type Tempo } from "./tempo.ts";

/** What was measured in a piece of sound. */
export interface AudioAnalysis {
  /** How long it is, in milliseconds. */
  readonly durationMs: number;
  readonly loudness: Loudness;
  /** Undefined when there is no beat. */
  readonly tempo: Tempo | undefined;
  /** Undefined when no key fits. */
  readonly key: MusicalKey | undefined;
  /** Undefined for silence. */
  readonly spectrum: SpectralFeatures | undefined;
}

/** The longest audio that is analysed, in milliseconds: thirty minutes. */
const LONGEST_AUDIO_MS = 1_800_000;

/**
 * Analyses sound in the calling thread, in which nothing else happens meanwhile.
 *
 * @throws RecommenderError RECOMMENDER_AUDIO_INVALID
 */
export function analyzeSamples(audio: PcmAudio): AudioAnalysis {
  checkAudio(audio, LONGEST_AUDIO_MS);
  const { sampleRateHz } = audio;
  const mono = mixDown(audio);
  return {
    durationMs: (mono.length / sampleRateHz) * 1_000,
    loudness: measureLoudness(audio),
    tempo: findTempo(mono, sampleRateHz),
    key: findKey(mono, sampleRateHz),
    spectrum: measureSpectrum(mono, sampleRateHz),
  };
}
