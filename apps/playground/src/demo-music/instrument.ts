import type { Random } from "@antiphon/std";

/** Samples a second of everything that is synthesised. */
export const SAMPLE_RATE_HZ = 44_100;

/** Where a note goes: one mono line that is added to. */
export interface Note {
  /** When it starts, in samples. */
  readonly atSamples: number;
  /** How long it is held, in samples; its release comes after. */
  readonly heldSamples: number;
  readonly frequencyHz: number;
  /** From 0 to 1. */
  readonly loudness: number;
}

/** Adds the sound of one note to a line. */
export type Instrument = (line: Float32Array, note: Note) => void;

const TAU = 2 * Math.PI;

/** Calls `add` for each sample of the note and its release that lies on the line. */
function eachSample(
  line: Float32Array,
  note: Note,
  releaseSamples: number,
  sampleAt: (seconds: number, index: number) => number,
): void {
  const length = Math.min(note.heldSamples + releaseSamples, line.length - note.atSamples);
  for (let index = 0; index < length; index++) {
    const release = index < note.heldSamples ? 1 : 1 - (index - note.heldSamples) / releaseSamples;
    const at = note.atSamples + index;
    line[at] = (line[at] ?? 0) + note.loudness * release * sampleAt(index / SAMPLE_RATE_HZ, index);
  }
}

/** A plucked string. @see Karplus and Strong, "Digital Synthesis of Plucked-String and Drum Timbres" (1983) */
export function pluck(random: Random): Instrument {
  return (line, note) => {
    const period = Math.max(2, Math.round(SAMPLE_RATE_HZ / note.frequencyHz));
    const noise = Float32Array.from({ length: period }, () => random.next() * 2 - 1);
    // A string that is plucked off its middle line would never come back to it: the loop keeps what does not swing.
    const offset = noise.reduce((sum, sample) => sum + sample, 0) / period;
    const string = noise.map((sample) => sample - offset);
    let position = 0;
    eachSample(line, note, SAMPLE_RATE_HZ * 0.4, () => {
      const next = (position + 1) % period;
      const sample = string[position] ?? 0;
      string[position] = 0.498 * (sample + (string[next] ?? 0));
      position = next;
      return sample * 0.8;
    });
  };
}

/** A music box: a sine whose frequency is shaken by another, fading fast. */
export const bell: Instrument = (line, note) => {
  eachSample(line, note, SAMPLE_RATE_HZ * 1.2, (seconds) => {
    const shake = Math.sin(TAU * note.frequencyHz * 3.5 * seconds) * 1.4 * Math.exp(-6 * seconds);
    return Math.sin(TAU * note.frequencyHz * seconds + shake) * Math.exp(-2.2 * seconds);
  });
};

/** An electric piano: two soft partials with a slow tremble. */
export const electricPiano: Instrument = (line, note) => {
  eachSample(line, note, SAMPLE_RATE_HZ * 0.25, (seconds) => {
    const tremble = 1 + 0.15 * Math.sin(TAU * 4.5 * seconds);
    const shake = Math.sin(TAU * note.frequencyHz * seconds) * 0.9 * Math.exp(-3 * seconds);
    return 0.55 * tremble * Math.sin(TAU * note.frequencyHz * seconds + shake) * Math.exp(-0.9 * seconds);
  });
};

/** A pad that swells: three slightly mistuned voices of a few harmonics. */
export const pad: Instrument = (line, note) => {
  const swellSeconds = 0.9;
  eachSample(line, note, SAMPLE_RATE_HZ * 1.5, (seconds) => {
    let sum = 0;
    for (const detune of [0.997, 1, 1.0035]) {
      const phase = TAU * note.frequencyHz * detune * seconds;
      sum += Math.sin(phase) + 0.35 * Math.sin(2 * phase) + 0.12 * Math.sin(3 * phase);
    }
    return (sum / 6) * Math.min(1, seconds / swellSeconds);
  });
};

/** A square wave as old game consoles made it, with a quick fade. */
export const square: Instrument = (line, note) => {
  eachSample(line, note, SAMPLE_RATE_HZ * 0.03, (seconds) => {
    const phase = (note.frequencyHz * seconds) % 1;
    return (phase < 0.25 ? 0.4 : -0.4) * Math.exp(-2.5 * seconds);
  });
};

/** A round bass. */
export const bass: Instrument = (line, note) => {
  eachSample(line, note, SAMPLE_RATE_HZ * 0.06, (seconds) => {
    const phase = TAU * note.frequencyHz * seconds;
    return (Math.sin(phase) + 0.3 * Math.sin(2 * phase)) * 0.75 * Math.min(1, seconds * 200) * Math.exp(-1.2 * seconds);
  });
};

/** A bass drum: a sine that falls. */
export const kick: Instrument = (line, note) => {
  eachSample(line, note, SAMPLE_RATE_HZ * 0.18, (seconds) => {
    return Math.sin(TAU * (48 * seconds + 14 * (1 - Math.exp(-22 * seconds)))) * Math.exp(-9 * seconds);
  });
};

/** A closed hi-hat: a tick of bright noise. */
export function hat(random: Random): Instrument {
  return (line, note) => {
    let previous = 0;
    eachSample(line, note, SAMPLE_RATE_HZ * 0.04, (seconds) => {
      const noise = random.next() * 2 - 1;
      const bright = noise - previous;
      previous = noise;
      return bright * 0.3 * Math.exp(-60 * seconds);
    });
  };
}
