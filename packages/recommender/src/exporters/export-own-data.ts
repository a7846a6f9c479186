import type { HistoryStore } from "../store/history-store.ts";

/**
 * Everything that is kept about a listener, as one JSON text in pieces: name, totals, playlists with their tracks, plays with how much
 * of each was heard, and listens from everywhere.
 */
export async function* exportOwnData(store: HistoryStore, userId: string): AsyncGenerator<string> {
  const user = await store.findUser(userId);
  const stats = await store.getUserStats(userId);
  yield `{"userId":${JSON.stringify(userId)},"displayName":${JSON.stringify(user?.displayName ?? null)},"stats":${JSON.stringify(stats)},\n"playlists":`;
  yield* toArray(playlistsOf(store, userId));
  yield ',\n"plays":';
  yield* toArray(store.playsOf(userId));
  yield ',\n"listens":';
  yield* toArray(store.listens(userId));
  yield "}\n";
}

async function* playlistsOf(store: HistoryStore, userId: string) {
  for (const playlist of await store.getUserPlaylists(userId))
    yield { ...playlist, tracks: await store.getPlaylistTracks(playlist.playlistId) };
}

async function* toArray(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  let isFirst = true;
  yield "[";
  for await (const value of values) {
    yield `${isFirst ? "\n" : ",\n"}${JSON.stringify(value)}`;
    isFirst = false;
  }
  yield "]";
}
