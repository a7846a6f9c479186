// From people's exports to recommendations with reasons: reads listening histories, learns from all of them at once, and then picks for a
// community, for one listener, and for a room of two who must both be able to bear it.
// Here: `npx node --conditions=@antiphon/source packages/recommender/examples/import-train-recommend.ts`; in a project of your own:
// `node import-train-recommend.ts`.
import { createRecommender, modelSource, nextTrackSources, type RecommendRequest } from "@antiphon/recommender";
import { importHistory } from "@antiphon/recommender/importers";
import { buildModel, createLiveModel } from "@antiphon/recommender/model";
import { openSqliteHistoryStore } from "@antiphon/recommender/store";
import { createSeededRandom } from "@antiphon/std";

const shelves: Readonly<Record<string, readonly string[]>> = {
  "The Lanterns": ["Harbour", "Glass", "Tidewater", "Lamplight", "Low Water"],
  "Aurora Field": ["First Light", "Snowblind", "Solstice", "Polar Night", "Meltwater"],
  "Iron Orchard": ["Furnace", "Anvil", "Slag", "Bellows", "Rust"],
};
const tastes = {
  ada: ["The Lanterns", "Aurora Field"],
  bea: ["Aurora Field", "The Lanterns"],
  cem: ["Iron Orchard", "Aurora Field"],
  dan: ["Iron Orchard", "The Lanterns"],
};

/** An export in Last.fm's manner: this is made up, but the importer recognises the real ones, Spotify's and YouTube Music's included. */
function exportOf(artists: readonly string[], favourites: number): Uint8Array {
  const plays = artists.flatMap((artist) =>
    (shelves[artist] ?? []).slice(0, favourites).map((title) => ({ artist, title })),
  );
  const rows = plays.flatMap((play, index) => [index, index + plays.length].map((minute) => ({ ...play, minute })));
  const lines = rows.map(
    ({ artist, title, minute }) =>
      `${artist},,${title},20 Nov 2020 ${10 + Math.floor(minute / 60)}:${String(minute % 60).padStart(2, "0")}`,
  );
  return new TextEncoder().encode(`artist,album,track,date\n${lines.join("\n")}\n`);
}

// A path in place of `:memory:` keeps it all; PostgreSQL is another `open…` with the same methods.
await using store = openSqliteHistoryStore({ path: ":memory:" });
for (const [index, [userId, artists]] of Object.entries(tastes).entries()) {
  const report = await importHistory([exportOf(artists, 3 + (index % 3))], { store, userId });
  console.log(
    `${userId}: ${report.inserted} scrobbles of ${report.format}, ${report.invalidRows.length} rows that make no sense`,
  );
}

const model = createLiveModel(await buildModel(await Array.fromAsync(store.histories())));
const recommender = createRecommender({
  store,
  sources: [modelSource({ model }), ...nextTrackSources()],
  random: createSeededRandom(1), // a run can be repeated; leave it out and chance adds some variety
});

// The community listens. Each play counts at once, and one that was skipped counts against its track.
const titles = ["Harbour", "Glass", "Tidewater"];
for (const [index, title] of titles.entries()) {
  await recommender.recordPlay({
    playId: `play-${index}`,
    communityId: "choir",
    userId: "ada",
    track: { artist: "The Lanterns", title, durationMs: 200_000, identifier: title },
    startedAtMs: Date.now() - (titles.length - index) * 240_000,
    heardRatio: title === "Glass" ? 0.1 : 1,
  });
}

async function show(title: string, request: Omit<RecommendRequest, "communityId">): Promise<void> {
  console.log(`\n${title}`);
  for (const { track, reasons } of await recommender.recommend({ communityId: "choir", limit: 3, ...request }))
    console.log(`  ${track.artist}: ${track.title} (${reasons.join("; ")})`);
}
await show("what may come next here", {});
await show("for cem", { listeners: ["cem"] });
await show("for cem, but nothing that was heard here", { listeners: ["cem"], repeat: "avoid" });
await show("for ada and cem, so that nobody has to leave the room", {
  listeners: ["ada", "cem"],
  blend: "leastMisery",
});
