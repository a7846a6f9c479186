import { createSeededRandom, type Random } from "@antiphon/std";
import { bass, bell, electricPiano, hat, kick, pad, pluck, square } from "./instrument.ts";
import type { Part, Piece } from "./score.ts";

type Notes = Part["notes"][number][];

/** One note a step, walking over the chord of each bar. */
function arpeggio(
  chords: readonly (readonly number[])[],
  beatsPerBar: number,
  step: number,
  pattern: readonly number[],
): Notes {
  const notes: Notes = [];
  for (const [bar, chord] of chords.entries()) {
    for (let beat = 0, index = 0; beat < beatsPerBar; beat += step, index++) {
      const degree = pattern[index % pattern.length] ?? 0;
      const octave = Math.floor(degree / chord.length);
      const midi = (chord[degree % chord.length] ?? 60) + 12 * octave;
      notes.push([bar * beatsPerBar + beat, step * 1.6, midi, index === 0 ? 0.7 : 0.5]);
    }
  }
  return notes;
}

/** Every chord held for its bar. */
function held(chords: readonly (readonly number[])[], beatsPerBar: number, loudness: number): Notes {
  return chords.flatMap((chord, bar) =>
    chord.map((midi): Notes[number] => [bar * beatsPerBar, beatsPerBar * 0.95, midi, loudness]),
  );
}

/** A tune that strolls over a scale in steps and small leaps, resting now and then, and ends where it began. */
function stroll(
  random: Random,
  options: { readonly scale: readonly number[]; readonly beats: number; readonly rhythm: readonly number[] },
): Notes {
  const { scale, beats, rhythm } = options;
  const notes: Notes = [];
  let degree = Math.floor(scale.length / 2);
  for (let beat = 0, index = 0; beat < beats; index++) {
    const length = rhythm[index % rhythm.length] ?? 1;
    degree = Math.max(0, Math.min(scale.length - 1, degree + random.pick([-2, -1, -1, 0, 1, 1, 2])));
    if (beat + length >= beats) degree = Math.floor(scale.length / 2);
    if (random.next() > 0.18) notes.push([beat, length * 0.9, scale[degree] ?? 60, 0.55 + 0.2 * random.next()]);
    beat += length;
  }
  return notes;
}

/** The same note on each of the beats of every bar. */
function pulse(bars: number, beatsPerBar: number, beats: readonly number[], loudness: number): Notes {
  return Array.from({ length: bars }).flatMap((_, bar) =>
    beats.map((beat): Notes[number] => [bar * beatsPerBar + beat, 0.05, 60, loudness]),
  );
}

const repeat = <T>(items: readonly T[], times: number): T[] => Array.from({ length: times }, () => items).flat();

function tidewater(): Piece {
  const random = createSeededRandom(11);
  const chords = repeat(
    [
      [48, 55, 60, 64],
      [45, 52, 57, 60],
      [41, 48, 53, 57],
      [43, 50, 55, 59],
    ],
    4,
  );
  return {
    title: "Tidewater",
    artist: "The Lanterns",
    beatsPerMinute: 92,
    beats: 64,
    parts: [
      { instrument: pluck(random), pan: -0.35, echo: 0.6, notes: arpeggio(chords, 4, 0.5, [0, 2, 3, 4, 5, 4, 3, 2]) },
      {
        instrument: pluck(random),
        pan: 0.4,
        echo: 0.8,
        notes: stroll(random, { scale: [67, 69, 72, 74, 76, 79, 81], beats: 64, rhythm: [1.5, 0.5, 1, 1] }),
      },
      { instrument: bass, pan: 0, echo: 0, notes: chords.map(([root = 48], bar) => [bar * 4, 3.5, root - 12, 0.6]) },
    ],
  };
}

function paperBoats(): Piece {
  const random = createSeededRandom(23);
  const chords = repeat(
    [
      [53, 57, 60],
      [50, 53, 57],
      [46, 50, 53],
      [48, 52, 55],
    ],
    5,
  );
  return {
    title: "Paper Boats",
    artist: "The Lanterns",
    beatsPerMinute: 104,
    beats: 60,
    parts: [
      {
        instrument: bell,
        pan: 0.25,
        echo: 0.9,
        notes: stroll(random, { scale: [72, 74, 77, 79, 81, 84, 86], beats: 60, rhythm: [1, 1, 1, 2, 1] }),
      },
      {
        instrument: bell,
        pan: -0.3,
        echo: 0.5,
        notes: arpeggio(chords, 3, 1, [0, 4, 5]).map(([beat, beats, midi, loudness]) => [
          beat,
          beats,
          midi + 12,
          loudness * 0.5,
        ]),
      },
      { instrument: pad, pan: 0, echo: 0.2, notes: held(chords, 3, 0.16) },
    ],
  };
}

function nightBus(): Piece {
  const random = createSeededRandom(37);
  const chords = repeat(
    [
      [57, 60, 64, 67],
      [50, 57, 60, 66],
      [55, 59, 62, 66],
      [48, 55, 59, 64],
    ],
    4,
  );
  const offbeat = chords.flatMap((chord, bar): Notes =>
    [0, 1.5, 2.75].flatMap((beat) => chord.map((midi): Notes[number] => [bar * 4 + beat, 1, midi, 0.32])),
  );
  return {
    title: "Night Bus",
    artist: "Mono Avenue",
    beatsPerMinute: 84,
    beats: 64,
    parts: [
      { instrument: electricPiano, pan: -0.2, echo: 0.4, notes: offbeat },
      {
        instrument: electricPiano,
        pan: 0.35,
        echo: 0.7,
        notes: stroll(random, { scale: [69, 71, 72, 74, 76, 79, 81], beats: 64, rhythm: [0.75, 0.75, 0.5, 1, 1] }),
      },
      {
        instrument: bass,
        pan: 0,
        echo: 0,
        notes: chords.flatMap(([root = 45], bar): Notes => [
          [bar * 4, 1.4, root - 24, 0.9],
          [bar * 4 + 2.5, 1, root - 24, 0.7],
        ]),
      },
      { instrument: kick, pan: 0, echo: 0, notes: pulse(16, 4, [0, 2.5], 0.9) },
      { instrument: hat(random), pan: 0.15, echo: 0, notes: pulse(16, 4, [0.5, 1, 1.5, 2, 3, 3.5], 0.5) },
    ],
  };
}

function copperSky(): Piece {
  const random = createSeededRandom(53);
  const chords = repeat(
    [
      [50, 57, 62, 65],
      [48, 55, 60, 64],
      [53, 60, 65, 69],
      [55, 59, 62, 67],
    ],
    2,
  );
  return {
    title: "Copper Sky",
    artist: "Aurora Field",
    beatsPerMinute: 60,
    beats: 40,
    parts: [
      { instrument: pad, pan: -0.15, echo: 0.3, notes: held([...chords, [50, 57, 62, 65], [50, 57, 62, 66]], 4, 0.3) },
      {
        instrument: bell,
        pan: 0.4,
        echo: 1,
        notes: stroll(random, { scale: [74, 76, 77, 79, 81, 84, 86], beats: 40, rhythm: [2, 1, 1.5, 0.5, 3] }),
      },
      { instrument: bass, pan: 0, echo: 0, notes: chords.map(([root = 50], bar) => [bar * 4, 3.8, root - 12, 0.4]) },
    ],
  };
}

function pixelGarden(): Piece {
  const random = createSeededRandom(71);
  const chords = repeat(
    [
      [60, 64, 67],
      [57, 60, 64],
      [53, 57, 60],
      [55, 59, 62],
    ],
    6,
  );
  return {
    title: "Pixel Garden",
    artist: "Mossbyte",
    beatsPerMinute: 144,
    beats: 96,
    parts: [
      {
        instrument: square,
        pan: -0.4,
        echo: 0.2,
        notes: arpeggio(chords, 4, 0.25, [0, 1, 2, 3]).map(([beat, , midi, loudness]) => [
          beat,
          0.22,
          midi,
          loudness * 0.5,
        ]),
      },
      {
        instrument: square,
        pan: 0.3,
        echo: 0.5,
        notes: stroll(random, {
          scale: [72, 74, 76, 79, 81, 84, 86, 88],
          beats: 96,
          rhythm: [0.5, 0.5, 1, 0.5, 0.5, 1],
        }),
      },
      {
        instrument: square,
        pan: 0,
        echo: 0,
        notes: chords.flatMap(([root = 60], bar): Notes =>
          [0, 1, 2, 3].map((beat) => [bar * 4 + beat, 0.6, root - 24, 0.7]),
        ),
      },
      { instrument: kick, pan: 0, echo: 0, notes: pulse(24, 4, [0, 1, 2, 3], 0.5) },
      { instrument: hat(random), pan: 0, echo: 0, notes: pulse(24, 4, [0.5, 1.5, 2.5, 3.5], 0.6) },
    ],
  };
}

/** The playground's own music: five short pieces, composed here, free of anybody's rights. */
export const demoPieces: readonly (() => Piece)[] = [tidewater, paperBoats, nightBus, copperSky, pixelGarden];
