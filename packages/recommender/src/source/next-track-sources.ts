import { baseLevels } from "../sequence/base-levels.ts";
import { cutSessions, type Sessions } from "../sequence/listened.ts";
import { sequenceRules } from "../sequence/sequence-rules.ts";
import { sessionNeighbours } from "../sequence/session-neighbours.ts";
import { trackKey } from "../track-key.ts";
import type { Candidate, CandidateContext, CandidateSource } from "./candidate-source.ts";
import { sameArtistSource } from "./same-artist-source.ts";

/** Options of the sources for the next track. */
export interface NextTrackOptions {
  /** How much its scores count beside those of the other sources. */
  readonly weight?: number;
  /** How many of the community's latest plays are read. Defaults to 5,000. */
  readonly playLimit?: number;
}

const SESSION_GAP_MS = 30 * 60_000;
const CANDIDATES = 100;

interface Reading {
  readonly sessions: Sessions;
  /** The keys of the running session, newest last. */
  readonly tail: readonly string[];
}

/** What was read for a question, so that several sources read it once. */
const readings = new WeakMap<CandidateContext, Map<number, Promise<Reading>>>();

function readSessions(context: CandidateContext, playLimit: number): Promise<Reading> {
  const known = readings.get(context) ?? new Map<number, Promise<Reading>>();
  readings.set(context, known);
  const reading = known.get(playLimit) ?? read(context, playLimit);
  known.set(playLimit, reading);
  return reading;
}

async function read({ store, communityId, seed, nowMs }: CandidateContext, playLimit: number): Promise<Reading> {
  const plays = await store.recentPlays(communityId, { limit: playLimit });
  const sessions = cutSessions(plays, SESSION_GAP_MS);
  const latest = sessions.at(-1);
  const isRunning = latest !== undefined && nowMs - (latest.at(-1)?.atMs ?? 0) <= SESSION_GAP_MS;
  const tail = isRunning ? latest.map(({ key }) => key) : [];
  const seedKey = seed && trackKey(seed.artist, seed.title);
  if (seedKey !== undefined && tail.at(-1) !== seedKey) tail.push(seedKey);
  return { sessions, tail };
}

/** The strongest scores as candidates from 0 to 1. */
function toCandidates(
  scores: ReadonlyMap<string, number>,
  { library }: CandidateContext,
  reasonOf: (key: string) => string,
): Candidate[] {
  const known = [...scores].filter(([key]) => library.has(key));
  const strongest = known.sort(([, left], [, right]) => right - left).slice(0, CANDIDATES);
  const highest = strongest[0]?.[1] ?? 1;
  return strongest.flatMap(([key, score]) => {
    const summary = library.get(key);
    return summary === undefined ? [] : [{ key, track: summary.track, score: score / highest, reason: reasonOf(key) }];
  });
}

/** What used to follow the latest three tracks here, closer followers first. */
export function sequenceSource(options: NextTrackOptions = {}): CandidateSource {
  const { weight = 1, playLimit = 5_000 } = options;
  return {
    name: "sequence",
    weight,
    async candidates(context) {
      const { sessions, tail } = await readSessions(context, playLimit);
      const reason = context.seed === undefined ? "often follows here" : `often follows ${context.seed.title} here`;
      return toCandidates(sequenceRules(sessions, tail), context, () => reason);
    },
  };
}

/** What was heard on evenings that were like this one. */
export function sessionNeighbourSource(options: NextTrackOptions = {}): CandidateSource {
  const { weight = 0.5, playLimit = 5_000 } = options;
  return {
    name: "sessionNeighbour",
    weight,
    async candidates(context) {
      const { sessions, tail } = await readSessions(context, playLimit);
      return toCandidates(sessionNeighbours(sessions, tail), context, () => "from evenings like this one");
    },
  };
}

/** What this community comes back to, often and lately. */
export function repetitionSource(options: NextTrackOptions = {}): CandidateSource {
  const { weight = 0.3, playLimit = 5_000 } = options;
  return {
    name: "repetition",
    weight,
    async candidates(context) {
      const { sessions } = await readSessions(context, playLimit);
      const playsOf = (key: string) => context.library.get(key)?.plays ?? 0;
      return toCandidates(baseLevels(sessions, context.nowMs), context, (key) =>
        playsOf(key) === 1 ? "heard here lately" : `something you come back to: ${playsOf(key)} plays`,
      );
    },
  };
}

/** The blend that finds the next track best: sequence rules, similar sessions, repetition, and the same artist. */
export function nextTrackSources(): readonly CandidateSource[] {
  return [sequenceSource(), sessionNeighbourSource(), repetitionSource(), sameArtistSource({ weight: 0.15 })];
}
