import { trackKey } from "../track-key.ts";
import { fromPicks, namedMoods, nearMood, type PlaylistCandidate, type PlaylistSources } from "./candidate-pool.ts";
import type { PromptTerm } from "./parse-prompt.ts";

/** What a term is read with. */
export interface PromptContext extends PlaylistSources {
  /** Who asks. */
  readonly userId: string;
  /** Now, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

const DAY_MS = 86_400_000;
const CANDIDATES = 200;
const MOOD_POOL = 500;
/** What a similar artist's track weighs beside the artist's own. */
const SIMILAR_RATIO = 0.5;
const periodDays = { week: 7, month: 30, year: 365 } as const;

/** The tracks that a term asks for, best first. */
export async function candidatesOf(term: PromptTerm, context: PromptContext): Promise<PlaylistCandidate[]> {
  const all = await byEntity[term.entity](term, context);
  return thirdOf(all, term);
}

const byEntity: Readonly<
  Record<PromptTerm["entity"], (term: PromptTerm, context: PromptContext) => Promise<PlaylistCandidate[]>>
> = {
  async artist({ values: [artist = ""], options }, { store, model }) {
    const own = await store.tracksOfArtist(artist, { limit: CANDIDATES });
    const keys = [...own.keys()];
    const picks = model.recommendFor(keys, { limit: 2 * CANDIDATES, allowKnown: true });
    const scores = new Map(picks.map(({ itemId, score }) => [itemId, score]));
    const highest = picks[0]?.score ?? 1;
    const mine = [...own].map(([key, track]) => ({
      key,
      track,
      score: 1 + (scores.get(key) ?? 0) / highest,
      reason: `by ${track.artist}`,
    }));
    const similar = options.includes("nosim")
      ? []
      : await fromPicks(
          store,
          picks
            .filter(({ itemId }) => !own.has(itemId))
            .map(({ itemId, score }) => ({ itemId, score: (2 * SIMILAR_RATIO * score) / highest })),
          () => `liked by those who hear ${artist}`,
        );
    return byScore([...mine, ...similar]);
  },

  async tag({ values, options }, { store }) {
    const lists = await Promise.all(values.map((name) => store.tracksOfTag(name, { limit: CANDIDATES })));
    const found = new Map<string, PlaylistCandidate & { readonly tags: string[] }>();
    for (const [index, list] of lists.entries()) {
      for (const { key, track, weight } of list) {
        const known = found.get(key);
        const tags = [...(known?.tags ?? []), values[index] as string];
        found.set(key, { key, track, score: (known?.score ?? 0) + weight, tags, reason: `tagged ${tags.join(", ")}` });
      }
    }
    const isEnough = (tags: readonly string[]) => options.includes("or") || tags.length === values.length;
    return byScore([...found.values()].filter(({ tags }) => isEnough(tags)));
  },

  async stats({ values: [userId = ""], options }, { store, nowMs }) {
    const name = options.find((option) => option in periodDays) as keyof typeof periodDays | undefined;
    const period = name === undefined ? {} : { sinceMs: nowMs - periodDays[name] * DAY_MS };
    const tracks = await store.topTracks(userId, { ...period, limit: CANDIDATES });
    return tracks.map(({ key, track, listens }) => ({
      key,
      track,
      score: listens,
      reason: listens === 1 ? `heard by ${userId}` : `heard ${listens} times by ${userId}`,
    }));
  },

  async recs({ values: [userId = ""], options }, { store, model }) {
    const isListened = options.includes("listened");
    const picks = model.recommend(userId, { limit: 2 * CANDIDATES, allowKnown: isListened });
    const known = await store.listenCounts(
      userId,
      picks.map(({ itemId }) => itemId),
    );
    const wanted = options.includes("unlistened")
      ? picks.filter(({ itemId }) => !known.has(itemId))
      : isListened
        ? picks.filter(({ itemId }) => known.has(itemId))
        : picks;
    return fromPicks(store, wanted, () => `recommended to ${userId}`);
  },

  async playlist({ values: [playlistId = ""] }, { store }) {
    const tracks = await store.getPlaylistTracks(playlistId);
    return tracks.map((track, index) => ({
      key: trackKey(track.artist, track.title),
      track,
      score: 1 - index / tracks.length,
      reason: `from playlist ${playlistId}`,
    }));
  },

  async mood({ values: [name = ""] }, context) {
    const mood = name.toLowerCase() as keyof typeof namedMoods;
    return nearMood(context, await moodPool(context), namedMoods[mood], mood);
  },
};

/** What a mood is looked for among: what the listener knows, what may suit them, and what is popular. */
export async function moodPool({ store, model, userId, nowMs }: PromptContext): Promise<PlaylistCandidate[]> {
  const [known, popular] = await Promise.all([
    store.topTracks(userId, { limit: MOOD_POOL }),
    store.popularTracks({ nowMs, limit: MOOD_POOL }),
  ]);
  const liked = await fromPicks(store, model.recommend(userId, { limit: MOOD_POOL }), () => "");
  const pool = [...known, ...popular].map(({ key, track }) => ({ key, track, score: 0, reason: "" }));
  return [...new Map([...pool, ...liked].map((candidate) => [candidate.key, candidate])).values()];
}

/** Of a list from the strongest to the weakest: `easy` begins with the first third, `medium` with the second, `hard` with the third. */
function thirdOf(candidates: readonly PlaylistCandidate[], { options }: PromptTerm): PlaylistCandidate[] {
  const third = Math.ceil(candidates.length / 3);
  const [easy, medium, hard] = [0, 1, 2].map((part) => candidates.slice(part * third, (part + 1) * third));
  if (options.includes("hard")) return [...(hard ?? []), ...(medium ?? []), ...(easy ?? [])];
  if (options.includes("medium")) return [...(medium ?? []), ...(easy ?? []), ...(hard ?? [])];
  return [...candidates];
}

function byScore(candidates: readonly PlaylistCandidate[]): PlaylistCandidate[] {
  return candidates.toSorted((left, right) => right.score - left.score);
}
