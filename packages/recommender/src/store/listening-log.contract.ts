import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { trackKey } from "../track-key.ts";
import { playOf } from "./history-store.contract.ts";
import type { HistoryStore } from "./history-store.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const keyOf = (title: string, artist = "Mara Lind") => trackKey(artist, title);
const scrobble = (title: string, startedAtMs: number, artist = "Mara Lind") => ({
  track: playOf({ title, artist }).track,
  startedAtMs,
});

/** What every store must tell about listening over time; `open` gives an empty one. */
export function describeListeningLog(name: string, open: () => Promise<HistoryStore>): void {
  describe(`listening log: ${name}`, () => {
    let store: HistoryStore;
    beforeEach(async () => {
      store = await open();
      await store.recordPlay(playOf({ startedAtMs: dayMs, title: "A" }));
      await store.recordPlay(playOf({ startedAtMs: dayMs + 1, title: "B", heardRatio: 0.1 }));
      await store.recordPlay(playOf({ startedAtMs: dayMs + 2, title: "C", userId: "other" }));
      await store.recordScrobbles("user", [
        { ...scrobble("A", dayMs + hourMs), album: "Windows" },
        scrobble("D", 3 * dayMs, "Other"),
        scrobble("E", 3 * dayMs + 1, "Other"),
      ]);
    });
    afterEach(() => store.close());

    test("gives a listener's listens from everywhere, newest first, without skips", async () => {
      const listens = await store.recentListens("user");
      expect(listens.map(({ key, startedAtMs }) => [key, startedAtMs])).toEqual([
        [keyOf("E", "Other"), 3 * dayMs + 1],
        [keyOf("D", "Other"), 3 * dayMs],
        [keyOf("A"), dayMs + hourMs],
        [keyOf("A"), dayMs],
      ]);
      expect(listens[3]?.track).toEqual(playOf({ title: "A" }).track);
      const between = { sinceMs: dayMs + 1, untilMs: 3 * dayMs };
      expect(await store.recentListens("user", between)).toHaveLength(1);
      expect(await store.recentListens("user", { limit: 2 })).toHaveLength(2);
      expect(await store.recentListens("nobody")).toEqual([]);
    });

    test("gives all listens, oldest first, over many pages and through crowded moments", async () => {
      const crowd = Array.from({ length: 12_000 }, (_, index) =>
        scrobble(`title ${index}`, 10 * dayMs + Math.floor(index / 6_000)),
      );
      await store.recordScrobbles("busy", crowd);
      const listens = await Array.fromAsync(store.listens("busy"));
      expect(new Set(listens.map(({ key }) => key)).size).toBe(12_000);
      expect(listens).toHaveLength(12_000);
      expect(listens.every(({ startedAtMs }, index) => startedAtMs >= (listens[index - 1]?.startedAtMs ?? 0))).toBe(
        true,
      );
    });

    test("gives all plays of somebody, skipped ones too", async () => {
      const plays = await Array.fromAsync(store.playsOf("user"));
      expect(plays).toEqual([
        playOf({ startedAtMs: dayMs, title: "A" }),
        playOf({ startedAtMs: dayMs + 1, title: "B", heardRatio: 0.1 }),
      ]);
      expect(await store.findUser("user")).toEqual({ userId: "user", displayName: null });
      expect(await store.findUser("nobody")).toBeUndefined();
    });

    test("counts a listener's artists and tracks in a period", async () => {
      expect(await store.topArtists("user")).toEqual([
        { artist: "Mara Lind", listens: 2 },
        { artist: "Other", listens: 2 },
      ]);
      expect(await store.topArtists("user", { sinceMs: 2 * dayMs, limit: 1 })).toEqual([
        { artist: "Other", listens: 2 },
      ]);
      expect(await store.topTracks("user", { limit: 1 })).toEqual([
        { key: keyOf("A"), track: playOf({ title: "A" }).track, listens: 2, lastHeardAtMs: dayMs + hourMs },
      ]);
    });

    test("tells what a listener knows among tracks", async () => {
      expect(await store.listenCounts("user", [keyOf("A"), keyOf("B"), keyOf("C"), "unknown"])).toEqual(
        new Map([[keyOf("A"), 2]]),
      );
      expect(await store.listenCounts("user", [])).toEqual(new Map());
    });

    test("counts listens by the hour, and new tracks by the day", async () => {
      expect(await store.listeningHours("user")).toEqual([
        { startMs: dayMs, count: 1 },
        { startMs: dayMs + hourMs, count: 1 },
        { startMs: 3 * dayMs, count: 2 },
      ]);
      expect(await store.listeningHours("user", { sinceMs: 2 * dayMs })).toHaveLength(1);
      expect(await store.discoveryDays("user")).toEqual([
        { startMs: dayMs, count: 1 },
        { startMs: 3 * dayMs, count: 2 },
      ]);
    });

    test("says what is popular of late, the newer the hotter", async () => {
      await store.recordScrobbles("other", [scrobble("E", 3 * dayMs + 2, "Other")]);
      const nowMs = 3 * dayMs + hourMs;
      const popular = await store.popularTracks({ nowMs, windowMs: 2 * dayMs + 2 * hourMs });
      expect(popular.map(({ key, listeners }) => [key, listeners])).toEqual([
        [keyOf("E", "Other"), 2],
        [keyOf("D", "Other"), 1],
        [keyOf("A"), 1],
        [keyOf("C"), 1],
      ]);
      expect(popular[0]?.heat).toBeGreaterThan(popular[1]?.heat ?? 9);
      const here = await store.popularTracks({ nowMs, windowMs: 3 * dayMs, communityId: "guild", limit: 1 });
      expect(here.map(({ key }) => key)).toEqual([keyOf("C")]);
    });

    test("finds tracks by artist in any spelling, and by tag in any case", async () => {
      await store.getOrCreateTrack(playOf({ title: "X", artist: "Mara" }).track);
      expect([...(await store.tracksOfArtist("MARA  LÍND")).keys()]).toEqual([keyOf("A"), keyOf("B"), keyOf("C")]);
      expect((await store.tracksOfArtist("mara")).size).toBe(1);
      await store.setTrackTags(keyOf("A"), [{ name: "Dream Pop", weight: 0.5 }]);
      await store.setTrackTags(keyOf("B"), [{ name: "dream pop", weight: 0.9 }]);
      const tagged = await store.tracksOfTag("DREAM pop");
      expect(tagged.map(({ key, weight }) => [key, weight])).toEqual([
        [keyOf("B"), 0.9],
        [keyOf("A"), 0.5],
      ]);
      expect(await store.tracksOfTag("metal")).toEqual([]);
    });

    test("forgets somebody with the tracks that only they had, and nobody else's", async () => {
      await store.recordScrobbles("leaving", [scrobble("private recording", 5), scrobble("A", 6)]);
      await store.setTrackTags(keyOf("private recording"), [{ name: "voice memo", weight: 1 }]);
      const playlistId = await store.createPlaylist({ userId: "leaving", name: "mine" });
      await store.addTracksToPlaylist(playlistId, [
        playOf({ title: "in a playlist" }).track,
        playOf({ title: "E", artist: "Other" }).track,
      ]);
      await store.forgetListener("leaving");
      const keys = ["private recording", "in a playlist", "A"].map((title) => keyOf(title));
      expect([...(await store.tracks([...keys, keyOf("E", "Other")])).keys()].sort()).toEqual(
        [keyOf("A"), keyOf("E", "Other")].sort(),
      );
      expect(await store.tracksOfTag("voice memo")).toEqual([]);
      // The same again, by a store that might remember what it had seen.
      expect(await store.recordScrobbles("returning", [scrobble("private recording", 5)])).toEqual({
        inserted: 1,
        duplicate: 0,
      });
      expect((await store.recentListens("returning")).map(({ key }) => key)).toEqual([keyOf("private recording")]);
    });
  });
}
