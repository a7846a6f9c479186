import type { LiveModel } from "../model/live-model.ts";
import type { Track } from "../store/play.ts";
import { SKIP_RATIO } from "../store/history-store.ts";
import { trackKey } from "../track-key.ts";
import type { CandidateContext, CandidateSource } from "./candidate-source.ts";

/** Options of {@link modelSource}. */
export interface ModelSourceOptions {
  /** The model, whose items are track keys and whose users are listeners (see `HistoryStore.histories`). */
  readonly model: LiveModel;
  /** Defaults to 1. */
  readonly weight?: number;
  /** How many candidates it puts forward. Defaults to 100. */
  readonly limit?: number;
}

/** What everybody's plays together say, for the listener in question or else for what this community heard last. */
export function modelSource({ model, weight = 1, limit = 100 }: ModelSourceOptions): CandidateSource {
  return {
    name: "model",
    weight,
    async candidates(context) {
      const history = historyFor(model, context);
      const picks = model.recommendFor(history, { limit, allowKnown: true });
      const tracks = await tracksFor(
        context,
        picks.map(({ itemId }) => itemId),
      );
      const highest = picks[0]?.score ?? 1;
      return picks.flatMap(({ itemId, score }) => {
        const track = tracks.get(itemId);
        if (track === undefined || score <= 0) return [];
        const [because] = model.because(history, itemId, 1);
        const cause = because && tracks.get(because.itemId);
        const reason = cause === undefined ? "liked by similar listeners" : `because you played ${cause.title}`;
        return [{ key: itemId, track, score: score / highest, reason }];
      });
    },
    observe({ userId, communityId, track, heardRatio }) {
      if (heardRatio < SKIP_RATIO) return;
      model.addPlay(userId ?? `community:${communityId}`, trackKey(track.artist, track.title));
    },
  };
}

/** Oldest first, the seed last. */
function historyFor(model: LiveModel, { listenerId, recent, seed }: CandidateContext): readonly string[] {
  const heard = recent.filter(({ heardRatio }) => heardRatio >= SKIP_RATIO).toReversed();
  const history =
    listenerId === undefined
      ? heard.map(({ track }) => trackKey(track.artist, track.title))
      : model.historyOf(listenerId);
  const seedKey = seed && trackKey(seed.artist, seed.title);
  return [...new Set([...history.filter((key) => key !== seedKey), ...(seedKey === undefined ? [] : [seedKey])])];
}

/** The tracks behind keys: of this community, discoverable, or known to the store from elsewhere. Causes are found among them too. */
async function tracksFor(context: CandidateContext, keys: readonly string[]): Promise<Map<string, Track>> {
  const tracks = new Map<string, Track>();
  for (const track of context.discoverable) tracks.set(trackKey(track.artist, track.title), track);
  for (const { track } of context.recent) tracks.set(trackKey(track.artist, track.title), track);
  for (const [key, { track }] of context.library) tracks.set(key, track);
  const missing = keys.filter((key) => !tracks.has(key));
  if (missing.length > 0) for (const [key, track] of await context.store.tracks(missing)) tracks.set(key, track);
  return tracks;
}
