import { createSeededRandom } from "@antiphon/std";
import { defineBench, type Bench } from "@antiphon/bench";
import { baseLevels } from "../src/sequence/base-levels.ts";
import type { Listened, Sessions } from "../src/sequence/listened.ts";
import { sequenceRules } from "../src/sequence/sequence-rules.ts";
import { sessionNeighbours } from "../src/sequence/session-neighbours.ts";
import { nextTrackSources } from "../src/source/next-track-sources.ts";
import { artistOf, drawListener } from "./listener-generator.ts";

const CUTOFF = 20;
const LISTENERS = 8;
const TEST_RATIO = 0.2;

/** Scores tracks from past sessions and the running one; it learns from each play before the next is asked for. */
type Method = (sessions: Sessions, tail: readonly Listened[], nowMs: number) => ReadonlyMap<string, number>;

const keysOf = (tail: readonly Listened[]) => tail.map(({ key }) => key);

function levelled(scores: ReadonlyMap<string, number>, weight: number): [string, number][] {
  const strongest = [...scores].sort(([, left], [, right]) => right - left).slice(0, 100);
  const highest = strongest[0]?.[1] ?? 1;
  return strongest.map(([key, score]) => [key, (weight * score) / highest]);
}

function sameArtist(sessions: Sessions, tail: readonly Listened[]): Map<string, number> {
  const artist = artistOf(tail.at(-1)?.key ?? "");
  const keys = sessions.flat().map(({ key }) => key);
  return new Map(keys.filter((key) => artistOf(key) === artist).map((key) => [key, 1]));
}

const weights = nextTrackSources().map(({ weight }) => weight);
const methods = {
  "most played": (sessions) => {
    const counts = new Map<string, number>();
    for (const { key } of sessions.flat()) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  },
  "recently played": (sessions) => new Map(sessions.flat().map(({ key, atMs }) => [key, atMs])),
  Markov: (sessions, tail) => sequenceRules(sessions, keysOf(tail), { depth: 1, reach: 1, smoothing: 0 }),
  VSKNN: (sessions, tail) => sessionNeighbours(sessions, keysOf(tail)),
  blend: (sessions, tail, nowMs) => {
    const [rules = 0, neighbours = 0, repetition = 0, artist = 0] = weights;
    const scores = new Map<string, number>();
    for (const [key, score] of [
      ...levelled(sequenceRules(sessions, keysOf(tail)), rules),
      ...levelled(sessionNeighbours(sessions, keysOf(tail)), neighbours),
      ...levelled(baseLevels(sessions, nowMs), repetition),
      ...levelled(sameArtist(sessions, tail), artist),
    ]) {
      scores.set(key, (scores.get(key) ?? 0) + score);
    }
    return scores;
  },
} as const satisfies Readonly<Record<string, Method>>;

interface Figures {
  readonly hitRatio: number;
  readonly mrr: number;
}

/** The last fifth of each listener's sessions, play by play; what the running session had is no candidate and no question. */
function measure(method: Method, listeners: readonly Sessions[]): Figures {
  let hits = 0;
  let reciprocal = 0;
  let questions = 0;
  for (const sessions of listeners) {
    for (let session = Math.floor(sessions.length * (1 - TEST_RATIO)); session < sessions.length; session++) {
      const running = sessions[session] ?? [];
      for (let place = 1; place < running.length; place++) {
        const wanted = running[place];
        const tail = running.slice(0, place);
        const heard = new Set(keysOf(tail));
        if (wanted === undefined || heard.has(wanted.key)) continue;
        const scores = method([...sessions.slice(0, session), tail], tail, wanted.atMs);
        const ranked = [...scores].filter(([key]) => !heard.has(key)).sort(([, left], [, right]) => right - left);
        const rank = ranked.slice(0, CUTOFF).findIndex(([key]) => key === wanted.key);
        questions++;
        if (rank === -1) continue;
        hits++;
        reciprocal += 1 / (rank + 1);
      }
    }
  }
  return { hitRatio: hits / questions, mrr: reciprocal / questions };
}

const drawAll = () => {
  const random = createSeededRandom(20);
  return Array.from({ length: LISTENERS }, () => drawListener(random));
};
const measured = new Map<string, Figures>();

function figuresOf(name: keyof typeof methods): Figures {
  const figures = measured.get(name) ?? measure(methods[name], drawAll());
  measured.set(name, figures);
  return figures;
}

function beats(rival: Exclude<keyof typeof methods, "blend">, key: keyof Figures): Bench {
  const unit = key === "mrr" ? "MRR@20" : "HR@20";
  return defineBench({
    name: `next track on drawn histories, blend against ${rival}`,
    unit,
    subject: { name: "blend", measure: () => figuresOf("blend")[key] },
    rival: { name: rival, measure: () => figuresOf(rival)[key] },
    bar: { atLeastTimesRival: 1 },
    note: "Eight drawn listeners (see listener-generator.ts), repeats within a session dropped; a drawn history proves no taste.",
  });
}

export const mostPlayed = beats("most played", "hitRatio");
export const mostPlayedMrr = beats("most played", "mrr");
export const recentlyPlayed = beats("recently played", "hitRatio");
export const recentlyPlayedMrr = beats("recently played", "mrr");
export const markov = beats("Markov", "hitRatio");
export const markovMrr = beats("Markov", "mrr");
export const neighbours = beats("VSKNN", "hitRatio");
export const neighboursMrr = beats("VSKNN", "mrr");
