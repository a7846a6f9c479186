import type { HistoryStore, TrackSummary } from "../store/history-store.ts";
import type { Play, Track } from "../store/play.ts";

/** What a source may look at. */
export interface CandidateContext {
  readonly communityId: string;
  readonly store: HistoryStore;
  /** Whose taste is asked for; undefined for the community as a whole. The `library` is then this listener's. */
  readonly listenerId?: string | undefined;
  /** The track to go on from; undefined at the start of an evening. */
  readonly seed: Track | undefined;
  /** The community's latest plays, newest first. */
  readonly recent: readonly Play[];
  /** Every track the community (or the listener in question) has played, by key. */
  readonly library: ReadonlyMap<string, TrackSummary>;
  /** Tracks that could be played though nobody here has heard them yet. */
  readonly discoverable: readonly Track[];
  /** Now, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** A track that a source puts forward. */
export interface Candidate {
  readonly key: string;
  readonly track: Track;
  /** How strongly, from 0 to 1, on the source's own scale. */
  readonly score: number;
  /** Why, as a sentence to a person: "often played here after Aurora". */
  readonly reason: string;
}

/** A place where candidates come from. The seam for models, tags, services and users' own ideas. */
export interface CandidateSource {
  readonly name: string;
  /** How much its scores count beside those of the other sources. */
  readonly weight: number;
  candidates(context: CandidateContext): Promise<readonly Candidate[]>;
  /** Hears of each play when it has been recorded, for sources that learn. */
  observe?(play: Play): void;
}
