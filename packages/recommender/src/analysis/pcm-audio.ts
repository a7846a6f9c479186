import { RecommenderError } from "../error.ts";

/** Sound as numbers: one array for each channel, all of one length, samples from -1 to 1. */
export interface PcmAudio {
  /** Samples of one channel in a second, from 8,000 to 192,000 Hz. */
  readonly sampleRateHz: number;
  /** One to eight channels, in the order of a WAV file (left, right, centre, low frequencies, left and right surround). */
  readonly channels: readonly Float32Array[];
}

const MOST_CHANNELS = 8;

/** The error for sound that cannot be analysed. */
export function invalidAudio(what: string): RecommenderError {
  return new RecommenderError("RECOMMENDER_AUDIO_INVALID", `Cannot analyse the audio: ${what}.`);
}

/** Makes sure that sound can be analysed. @throws RecommenderError RECOMMENDER_AUDIO_INVALID */
export function checkAudio({ sampleRateHz, channels }: PcmAudio, longestMs: number): void {
  const [first] = channels;
  if (!(sampleRateHz >= 8_000 && sampleRateHz <= 192_000))
    throw invalidAudio(`its sample rate is ${sampleRateHz} Hz, not from 8,000 to 192,000`);
  if (first === undefined || channels.length > MOST_CHANNELS)
    throw invalidAudio(`it has ${channels.length} channels, not one to ${MOST_CHANNELS}`);
  if (first.length === 0) throw invalidAudio("it has no samples");
  if (channels.some(({ length }) => length !== first.length)) throw invalidAudio("its channels differ in length");
  const durationMs = (first.length / sampleRateHz) * 1_000;
  if (durationMs > longestMs)
    throw invalidAudio(`it lasts ${Math.round(durationMs)} ms, over the limit of ${longestMs}`);
  if (channels.some((channel) => !channel.every(Number.isFinite)))
    throw invalidAudio("it has samples that are no numbers");
}

/** The mean of all channels. */
export function mixDown({ channels }: PcmAudio): Float32Array {
  const [first = new Float32Array(0)] = channels;
  if (channels.length === 1) return first;
  const mono = new Float32Array(first.length);
  for (const channel of channels)
    for (let index = 0; index < mono.length; index++)
      mono[index] = (mono[index] ?? 0) + (channel[index] ?? 0) / channels.length;
  return mono;
}
