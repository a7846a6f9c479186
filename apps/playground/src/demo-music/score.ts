import { SAMPLE_RATE_HZ, type Instrument } from "./instrument.ts";

/** One part of a piece: an instrument, where it stands, and what it plays. */
export interface Part {
  readonly instrument: Instrument;
  /** From -1 (left) to 1 (right). */
  readonly pan: number;
  /** The share of it that goes to the echo, from 0 to 1. */
  readonly echo: number;
  /** `[beat, length in beats, MIDI note, loudness from 0 to 1]`. */
  readonly notes: readonly (readonly [beat: number, beats: number, midi: number, loudness: number])[];
}

/** A piece of music to render. */
export interface Piece {
  readonly title: string;
  readonly artist: string;
  readonly beatsPerMinute: number;
  readonly beats: number;
  readonly parts: readonly Part[];
}

/** Stereo samples, each from -1 to 1. */
export interface StereoSamples {
  readonly left: Float32Array;
  readonly right: Float32Array;
}

const TAIL_SECONDS = 2;
const FADE_SECONDS = 1.5;
const PEAK = 0.85;

/** Plays a piece into samples, normalised so that its loudest moment is at 0.85, with a short echo and a fade at the end. */
export function renderPiece(piece: Piece): StereoSamples {
  const beatSamples = (60 / piece.beatsPerMinute) * SAMPLE_RATE_HZ;
  const length = Math.round(piece.beats * beatSamples + TAIL_SECONDS * SAMPLE_RATE_HZ);
  const left = new Float32Array(length);
  const right = new Float32Array(length);
  for (const part of piece.parts) {
    const line = new Float32Array(length);
    for (const [beat, beats, midi, loudness] of part.notes) {
      part.instrument(line, {
        atSamples: Math.round(beat * beatSamples),
        heldSamples: Math.round(beats * beatSamples),
        frequencyHz: 440 * 2 ** ((midi - 69) / 12),
        loudness,
      });
    }
    mixInto({ left, right }, line, part, Math.round(beatSamples * 0.75));
  }
  master(left, right);
  return { left, right };
}

function mixInto({ left, right }: StereoSamples, line: Float32Array, part: Part, echoSamples: number): void {
  const angle = ((part.pan + 1) * Math.PI) / 4;
  const [leftGain, rightGain] = [Math.cos(angle), Math.sin(angle)];
  // The echo bounces: each return comes from the other side, at half the loudness.
  for (let index = 0; index < line.length; index++) {
    const direct = line[index] ?? 0;
    const first = part.echo * 0.5 * (line[index - echoSamples] ?? 0);
    const second = part.echo * 0.25 * (line[index - 2 * echoSamples] ?? 0);
    left[index] = (left[index] ?? 0) + (direct + second) * leftGain + first * rightGain;
    right[index] = (right[index] ?? 0) + (direct + second) * rightGain + first * leftGain;
  }
}

function master(left: Float32Array, right: Float32Array): void {
  let loudest = Number.MIN_VALUE;
  for (let index = 0; index < left.length; index++) {
    loudest = Math.max(loudest, Math.abs(left[index] ?? 0), Math.abs(right[index] ?? 0));
  }
  const fadeSamples = FADE_SECONDS * SAMPLE_RATE_HZ;
  for (let index = 0; index < left.length; index++) {
    const gain = (PEAK / loudest) * Math.min(1, (left.length - index) / fadeSamples);
    left[index] = (left[index] ?? 0) * gain;
    right[index] = (right[index] ?? 0) * gain;
  }
}
