import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { trackKey } from "../track-key.ts";
import type { HistoryStore } from "./history-store.ts";
import type { Play } from "./play.ts";

/** A play with defaults, for tests. */
export function playOf(
  overrides: Partial<Omit<Play, "track">> & { readonly title?: string; readonly artist?: string } = {},
): Play {
  const { title = "Tidewater", artist = "Mara Lind", ...play } = overrides;
  return {
    playId: `${title}@${overrides.startedAtMs ?? 1_000}`,
    communityId: "guild",
    userId: "user",
    startedAtMs: 1_000,
    heardRatio: 1,
    ...play,
    track: { title, artist, durationMs: 60_000, identifier: `file:${title}` },
  };
}

/** What every {@link HistoryStore} must do; `open` gives an empty one. */
export function describeHistoryStore(name: string, open: () => Promise<HistoryStore>): void {
  describe(`history store: ${name}`, () => {
    let store: HistoryStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("gives back what was recorded, newest first", async () => {
      expect(await store.recordPlay(playOf({ startedAtMs: 1_000 }))).toBe(true);
      expect(
        await store.recordPlay(playOf({ startedAtMs: 2_000, title: "Glass", userId: null, heardRatio: 0.5 })),
      ).toBe(true);
      const plays = await store.recentPlays("guild");
      expect(plays).toEqual([
        playOf({ startedAtMs: 2_000, title: "Glass", userId: null, heardRatio: 0.5 }),
        playOf({ startedAtMs: 1_000 }),
      ]);
      expect(await store.recentPlays("guild", { limit: 1 })).toHaveLength(1);
      expect(await store.recentPlays("elsewhere")).toEqual([]);
    });

    test("records the same play once", async () => {
      expect(await store.recordPlay(playOf())).toBe(true);
      expect(await store.recordPlay(playOf())).toBe(false);
      expect(await store.recentPlays("guild")).toHaveLength(1);
    });

    test("counts plays and skips of one track under all its spellings", async () => {
      await store.recordPlay(playOf({ startedAtMs: 1, title: "Tidewater" }));
      await store.recordPlay(playOf({ startedAtMs: 2, title: "TIDEWATER (Official Video)", heardRatio: 0.1 }));
      expect(await store.trackSummaries("guild")).toEqual([
        expect.objectContaining({ key: trackKey("Mara Lind", "Tidewater"), plays: 2, skips: 1, lastPlayedAtMs: 2 }),
      ]);
    });

    test("tells one listener's tracks apart, and finds tracks by their keys", async () => {
      await store.recordPlay(playOf({ startedAtMs: 1, title: "A" }));
      await store.recordPlay(playOf({ startedAtMs: 2, title: "B", userId: "other" }));
      const own = await store.trackSummaries("guild", { userId: "other" });
      expect(own.map(({ track }) => track.title)).toEqual(["B"]);
      const key = trackKey("Mara Lind", "A");
      expect(await store.tracks([key, "unknown"])).toEqual(new Map([[key, playOf({ title: "A" }).track]]));
    });

    test("gives each listener's history, oldest first, without skips", async () => {
      await store.recordPlay(playOf({ startedAtMs: 3, title: "B" }));
      await store.recordPlay(playOf({ startedAtMs: 1, title: "A", communityId: "elsewhere" }));
      await store.recordPlay(playOf({ startedAtMs: 2, title: "C", heardRatio: 0.1 }));
      await store.recordPlay(playOf({ startedAtMs: 4, title: "D", userId: null }));
      const key = (title: string) => trackKey("Mara Lind", title);
      expect(await Array.fromAsync(store.histories())).toEqual([
        { userId: "community:guild", itemIds: [key("D")] },
        { userId: "user", itemIds: [key("A"), key("B")] },
      ]);
    });

    test("knows what followed what within a session, and not what was skipped", async () => {
      const minuteMs = 60_000;
      for (const [index, title] of ["A", "B", "A", "B", "A", "C"].entries()) {
        await store.recordPlay(playOf({ startedAtMs: index * minuteMs, title, heardRatio: title === "C" ? 0.1 : 1 }));
      }
      await store.recordPlay(playOf({ startedAtMs: 1_000 * minuteMs, title: "A" }));
      await store.recordPlay(playOf({ startedAtMs: 2_000 * minuteMs, title: "D" }));
      expect(await store.followUps("guild", trackKey("Mara Lind", "A"))).toEqual([
        { key: trackKey("Mara Lind", "B"), count: 2 },
      ]);
      expect(await store.followUps("guild", "unknown")).toEqual([]);
    });

    test("totals a listener, and forgets them", async () => {
      await store.recordPlay(playOf({ startedAtMs: 1, title: "A" }));
      await store.recordPlay(playOf({ startedAtMs: 2, title: "B", heardRatio: 0.5 }));
      await store.recordPlay(playOf({ startedAtMs: 3, title: "C", userId: "other" }));
      expect(await store.listenerStats("user")).toEqual({
        plays: 2,
        uniqueArtists: 1,
        uniqueTracks: 2,
        listenedMs: 90_000,
      });
      await store.forgetListener("user");
      expect((await store.listenerStats("user")).plays).toBe(0);
      expect((await store.recentPlays("guild")).map(({ userId }) => userId)).toEqual(["other", null, null]);
    });

    test("creates a user on first sight, and keeps the display name given last", async () => {
      expect(await store.getOrCreateUser("ada")).toEqual({ userId: "ada", displayName: null });
      expect(await store.getOrCreateUser("ada", { displayName: "Ada" })).toEqual({ userId: "ada", displayName: "Ada" });
      expect(await store.getOrCreateUser("ada")).toEqual({ userId: "ada", displayName: "Ada" });
    });

    test("counts a user's scrobbles, artists, tracks and playlists", async () => {
      const zeros = { totalScrobbles: 0, uniqueArtists: 0, uniqueTracks: 0, playlistsCount: 0 };
      expect(await store.getUserStats("user")).toEqual(zeros);
      await store.recordPlay(playOf({ startedAtMs: 1, title: "A" }));
      const { track } = playOf({ title: "B", artist: "Other" });
      await store.recordScrobbles("user", [{ track, startedAtMs: 2 }]);
      await store.recordScrobbles("somebody", [{ track, startedAtMs: 2 }]);
      await store.createPlaylist({ userId: "user", name: "mine" });
      expect(await store.getUserStats("user")).toEqual({
        totalScrobbles: 2,
        uniqueArtists: 2,
        uniqueTracks: 2,
        playlistsCount: 1,
      });
      await store.forgetListener("user");
      expect(await store.getUserStats("user")).toEqual(zeros);
      expect((await store.getUserStats("somebody")).totalScrobbles).toBe(1);
    });

    test("creates a track on first sight and gives its key", async () => {
      const { track } = playOf({ title: "Glass" });
      const key = await store.getOrCreateTrack(track, { album: "Windows" });
      expect(key).toBe(trackKey(track.artist, "Glass"));
      expect(await store.getOrCreateTrack({ ...track, title: "GLASS", identifier: "elsewhere" })).toBe(key);
      expect((await store.tracks([key])).get(key)).toEqual(track);
    });

    test("keeps a scrobble once, and all of a batch or none", async () => {
      const { track } = playOf({ title: "A" });
      const scrobbles = [1, 2, 2].map((startedAtMs) => ({ track, startedAtMs }));
      expect(await store.recordScrobbles("user", scrobbles)).toEqual({ inserted: 2, duplicate: 1 });
      expect(await store.recordScrobbles("user", scrobbles)).toEqual({ inserted: 0, duplicate: 3 });
      const broken = [3, Number.NaN].map((startedAtMs) => ({ track, startedAtMs }));
      await expect(store.recordScrobbles("user", broken)).rejects.toMatchObject({ code: "RECOMMENDER_INVALID_PLAY" });
      expect((await store.getUserStats("user")).totalScrobbles).toBe(2);
      await store.recordPlay(playOf({ startedAtMs: 9, title: "B" }));
      expect(await Array.fromAsync(store.histories())).toEqual([
        { userId: "user", itemIds: ["A", "A", "B"].map((title) => trackKey("Mara Lind", title)) },
      ]);
    });

    test("keeps playlists with their tracks in order", async () => {
      const tracks = ["B", "A", "B"].map((title) => playOf({ title }).track);
      const playlistId = await store.createPlaylist({ userId: "ada", name: "Evening", description: "calm" });
      expect(await store.addTracksToPlaylist(playlistId, tracks.slice(0, 2))).toBe(2);
      expect(await store.addTracksToPlaylist(playlistId, tracks.slice(2))).toBe(3);
      expect(await store.getPlaylistTracks(playlistId)).toEqual(tracks);
      const other = await store.createPlaylist({ userId: "ada", name: "Found", type: "discovery" });
      expect(await store.getUserPlaylists("ada")).toEqual([
        { playlistId, name: "Evening", description: "calm", type: "custom", trackCount: 3 },
        { playlistId: other, name: "Found", description: null, type: "discovery", trackCount: 0 },
      ]);
      expect(await store.getUserPlaylists("nobody")).toEqual([]);
      expect(await store.getPlaylistTracks(other)).toEqual([]);
      const unknown = { code: "RECOMMENDER_PLAYLIST_UNKNOWN" };
      await expect(store.addTracksToPlaylist("99", tracks)).rejects.toMatchObject(unknown);
      await expect(store.getPlaylistTracks("99")).rejects.toMatchObject(unknown);
    });

    test("keeps tags of tracks, strongest first, until they are replaced", async () => {
      const key = await store.getOrCreateTrack(playOf().track);
      await store.setTrackTags(key, [
        { name: "calm", weight: 0.4 },
        { name: "folk", weight: 1 },
      ]);
      await store.setTrackTags("unknown", [{ name: "folk", weight: 1 }]);
      expect((await store.trackTags([key])).get(key)?.map((tag) => tag.name)).toEqual(["folk", "calm"]);
      await store.setTrackTags(key, []);
      expect(await store.trackTags([key, "unknown"])).toEqual(
        new Map([
          [key, []],
          ["unknown", []],
        ]),
      );
    });

    test.each([
      { heardRatio: 1.5 },
      { heardRatio: Number.NaN },
      { startedAtMs: -1 },
      { startedAtMs: 1.5 },
      { title: "x".repeat(1_001) },
      { playId: "" },
    ])("refuses %o", async (overrides) => {
      await expect(store.recordPlay(playOf(overrides))).rejects.toMatchObject({ code: "RECOMMENDER_INVALID_PLAY" });
      expect(await store.recentPlays("guild")).toEqual([]);
    });

    test("keeps text that looks like SQL or markup as it is", async () => {
      const title = `'); DROP TABLE play; -- <b>@everyone</b> \u{1F3B5}`;
      await store.recordPlay(playOf({ title }));
      expect((await store.recentPlays("guild"))[0]?.track.title).toBe(title);
    });

    test("says that it is closed", async () => {
      await store.close();
      await store.close();
      await expect(store.recordPlay(playOf())).rejects.toMatchObject({ code: "RECOMMENDER_STORE_CLOSED" });
    });
  });
}
