import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { trackKey } from "../track-key.ts";
import type { HistoryStore, Play } from "./history-store.ts";

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
