import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSeededRandom } from "@antiphon/std";
import { openSqliteHistoryStore } from "../src/store/sqlite-history-store.ts";

/** The 95th percentile of each query, in milliseconds, as JSON on the standard output. */
export type DashboardFigures = Readonly<Record<string, number>>;

const TRACKS = 100_000;
const ASKED = 200;
const DAY_MS = 86_400_000;
const nowMs = Date.UTC(2026, 0, 1);
const random = createSeededRandom(5);
const [users = 10_000, listensEach = 100] = process.argv.slice(2).map(Number);

/** Some tracks are heard far more than others, over the last three years. */
const drawListen = () => {
  const track = Math.floor(random.next() ** 2 * TRACKS);
  const title = `Title ${track}`;
  return {
    track: { artist: `Artist ${track % 5_000}`, title, durationMs: 200_000, identifier: title },
    startedAtMs: nowMs - Math.floor(random.next() * 1_000 * DAY_MS),
  };
};

const folder = mkdtempSync(join(tmpdir(), "antiphon-dashboard-bench-"));
try {
  await using store = openSqliteHistoryStore({ path: join(folder, "history.sqlite") });
  for (let user = 0; user < users; user++) {
    // A tenth of the listeners hears ten times as much.
    const count = user % 10 === 0 ? 10 * listensEach : listensEach;
    await store.recordScrobbles(`user ${user}`, Array.from({ length: count }, drawListen));
  }
  const queries = {
    getUserStats: (userId: string) => store.getUserStats(userId),
    recentListens: (userId: string) => store.recentListens(userId),
    topArtists: (userId: string) => store.topArtists(userId),
    topTracks: (userId: string) => store.topTracks(userId),
    listeningHours: (userId: string) => store.listeningHours(userId),
    discoveryDays: (userId: string) => store.discoveryDays(userId),
    getUserPlaylists: (userId: string) => store.getUserPlaylists(userId),
    tracksOfArtist: () => store.tracksOfArtist(`Artist ${random.integer(0, 4_999)}`),
  };
  const figures: Record<string, number> = {};
  for (const [name, ask] of Object.entries(queries)) {
    const durations: number[] = [];
    for (let turn = 0; turn < ASKED; turn++) {
      const startedMs = performance.now();
      await ask(`user ${random.integer(0, users - 1)}`);
      durations.push(performance.now() - startedMs);
    }
    figures[name] = durations.sort((left, right) => left - right)[Math.floor(ASKED * 0.95)] ?? Number.NaN;
  }
  console.log(JSON.stringify(figures satisfies DashboardFigures));
} finally {
  rmSync(folder, { recursive: true });
}
