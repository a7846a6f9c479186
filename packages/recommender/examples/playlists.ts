// Playlists with a reason for each track: what is new to somebody, what fits a mood, and what a prompt in the manner of ListenBrainz radio
// asks for; written to a file that any player opens, and read again.
// Here: `npx node --conditions=@antiphon/source packages/recommender/examples/playlists.ts`; in a project of your own: `node playlists.ts`.
import { buildModel, createLiveModel } from "@antiphon/recommender/model";
import { createMoodAnalyzer } from "@antiphon/recommender/mood";
import {
  createM3uPlaylist,
  createPlaylistGenerator,
  importPlaylist,
  PlaylistType,
} from "@antiphon/recommender/playlists";
import { openSqliteHistoryStore } from "@antiphon/recommender/store";
import { sampleScrobbles } from "@antiphon/recommender/testing";
import { describeError } from "@antiphon/std";

await using store = openSqliteHistoryStore({ path: ":memory:" });
for (const [index, userId] of ["ada", "bea"].entries()) {
  const scrobbles = sampleScrobbles({ count: 200, seed: index + 1, startMs: Date.now() - 5 * 86_400_000 });
  const listens = scrobbles.map(({ artist, title, durationMs, playedAtMs }) => ({
    track: { artist, title, durationMs, identifier: `${artist} ${title}` },
    startedAtMs: playedAtMs,
  }));
  await store.recordScrobbles(userId, listens);
}

const model = createLiveModel(await buildModel(await Array.fromAsync(store.histories())));
const { generatePlaylist } = createPlaylistGenerator({ store, model, moodOf: createMoodAnalyzer().judgeTags });

type Generated = Awaited<ReturnType<typeof generatePlaylist>>;
function show(title: string, { entries, notes }: Generated): void {
  console.log(`\n${title}`);
  for (const { track, reason } of entries) console.log(`  ${track.artist}: ${track.title} (${reason})`);
  for (const note of notes) console.log(`  note: ${note}`);
}

show(
  "new to ada",
  await generatePlaylist("ada", PlaylistType.discovery, { limit: 4, artistLimit: 2, saveAs: "New to me" }),
);
const similar = await generatePlaylist("ada", PlaylistType.similarRecent, { limit: 4 });
show("like what ada heard lately", similar);

// Terms side by side, the weights say how many places each gets. A term that finds nothing says so rather than failing the rest.
const [favourite] = await store.topArtists("bea");
const prompt = `artist:(${favourite?.artist ?? ""}):2:nosim stats:(bea):1:month #polka`;
show(prompt, await generatePlaylist("ada", PlaylistType.prompt, { prompt, limit: 6 }));

// A prompt that cannot be read says where.
await generatePlaylist("ada", PlaylistType.prompt, { prompt: "artist:(Björk" }).catch((error: unknown) =>
  console.log(describeError(error)),
);

const text = createM3uPlaylist(similar.entries.map(({ track }) => track));
console.log(`\n${text}`);
const imported = await importPlaylist([new TextEncoder().encode(text)], { store, userId: "bea" });
console.log(`bea has it now, too: ${imported.format} with ${imported.tracks} tracks`);
