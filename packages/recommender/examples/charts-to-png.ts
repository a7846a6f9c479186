// Draws what somebody has listened to, as pictures that a bot can upload: no browser and nothing native. The same chart is plain data,
// which a web page can draw by itself.
// Here: `npx node --conditions=@antiphon/source packages/recommender/examples/charts-to-png.ts`; in a project of your own:
// `node charts-to-png.ts`.
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createChartRenderer,
  createGroupOverlapChart,
  createListeningClock,
  createTopArtistsChart,
} from "@antiphon/recommender/charts";
import { openSqliteHistoryStore } from "@antiphon/recommender/store";
import { sampleScrobbles } from "@antiphon/recommender/testing";

await using store = openSqliteHistoryStore({ path: ":memory:" });
for (const [index, userId] of ["ada", "bea"].entries()) {
  const listens = sampleScrobbles({ count: 300, seed: index + 1 }).map(({ artist, title, durationMs, playedAtMs }) => ({
    track: { artist, title, durationMs, identifier: `${artist} ${title}` },
    startedAtMs: playedAtMs,
  }));
  await store.recordScrobbles(userId, listens);
}

// An example cleans up after itself; a bot would hand the bytes to Discord.
const folder = await mkdtemp(join(tmpdir(), "charts-"));
// Drawing happens in a thread, one chart after another.
await using renderer = createChartRenderer();

const artists = createTopArtistsChart(await store.topArtists("ada"), { subtitle: "ada, all time", theme: "dark" });
await writeFile(join(folder, "artists.png"), await renderer.renderPng(artists, { widthPx: 800, heightPx: 450 }));

const hours = createListeningClock(await store.listeningHours("ada"), { timeZone: "Europe/Berlin" });
await writeFile(join(folder, "hours.svg"), await renderer.renderSvg(hours, { widthPx: 600, heightPx: 600 }));

const overlap = createGroupOverlapChart([
  { name: "ada", artists: await store.topArtists("ada") },
  { name: "bea", artists: await store.topArtists("bea") },
]);
await writeFile(join(folder, "overlap.png"), await renderer.renderPng(overlap, { widthPx: 800, heightPx: 450 }));

for (const name of await readdir(folder))
  console.log(`${name}: ${(await stat(join(folder, name))).size > 1_000 ? "drawn" : "empty"}`);
console.log(
  `the first chart as data for a page: ${JSON.stringify(artists).length > 500 ? "an ECharts option" : "nothing"}`,
);

// What makes no sense is refused before anything is drawn.
await renderer
  .renderPng(artists, { widthPx: 100_000, heightPx: 10 })
  .catch((error: Error) => console.log(error.message));
await rm(folder, { recursive: true });
