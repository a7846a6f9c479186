import type { LiveModel, ModelPick } from "../model/live-model.ts";
import type { HistoryStore } from "../store/history-store.ts";
import type { Track } from "../store/play.ts";
import type { TrackTag } from "../store/listener-library.ts";

/** A point on the plane of moods; both axes from -1 (sad, calm) to 1 (happy, excited). */
export interface MoodPoint {
  readonly valence: number;
  readonly arousal: number;
}

/** Judges a mood by tags, as `MoodAnalyzer.judgeTags` does; undefined where they tell too little. */
export type MoodScorer = (tags: readonly TrackTag[]) => { readonly [Axis in keyof MoodPoint]: number | undefined };

/** Moods that have a name. */
export const namedMoods = {
  happy: { valence: 0.7, arousal: 0.4 },
  energetic: { valence: 0.4, arousal: 0.8 },
  angry: { valence: -0.6, arousal: 0.7 },
  tense: { valence: -0.4, arousal: 0.5 },
  sad: { valence: -0.7, arousal: -0.4 },
  melancholic: { valence: -0.4, arousal: -0.5 },
  calm: { valence: 0.3, arousal: -0.7 },
  peaceful: { valence: 0.6, arousal: -0.6 },
} as const satisfies Readonly<Record<string, MoodPoint>>;

/** What playlists are made from. */
export interface PlaylistSources {
  readonly store: HistoryStore;
  /** The model, whose items are track keys and whose users are listeners (see `HistoryStore.histories`). */
  readonly model: LiveModel;
  /** Judges moods by tags; without it there are no playlists by mood. */
  readonly moodOf?: MoodScorer | undefined;
}

/** A track that may come into a playlist, and why. */
export interface PlaylistCandidate {
  readonly key: string;
  readonly track: Track;
  /** Comparable within one list. */
  readonly score: number;
  readonly reason: string;
}

/** The picks of a model as candidates, as far as the store knows their tracks. */
export async function fromPicks(
  store: HistoryStore,
  picks: readonly ModelPick[],
  reasonOf: (key: string) => string,
): Promise<PlaylistCandidate[]> {
  const tracks = await store.tracks(picks.map(({ itemId }) => itemId));
  return picks.flatMap(({ itemId, score }) => {
    const track = tracks.get(itemId);
    return track === undefined ? [] : [{ key: itemId, track, score, reason: reasonOf(itemId) }];
  });
}

/** Keeps what has a mood near this one, the nearest first. */
export async function nearMood(
  { store, moodOf }: PlaylistSources,
  candidates: readonly PlaylistCandidate[],
  wanted: MoodPoint,
  name: string,
): Promise<PlaylistCandidate[]> {
  const tags = await store.trackTags(candidates.map(({ key }) => key));
  return candidates
    .flatMap((candidate) => {
      const { valence, arousal } = moodOf?.(tags.get(candidate.key) ?? []) ?? {};
      if (valence === undefined || arousal === undefined) return [];
      const distance = Math.hypot(valence - wanted.valence, arousal - wanted.arousal);
      const words = (tags.get(candidate.key) ?? []).slice(0, 3).map((tag) => tag.name);
      return distance > MOOD_REACH
        ? []
        : [{ ...candidate, score: 1 - distance / 3, reason: `${name}, by its tags ${words.join(", ")}` }];
    })
    .sort((left, right) => right.score - left.score);
}

/** Beyond this distance two moods have nothing in common: the plane is 2 wide. */
const MOOD_REACH = 0.8;
