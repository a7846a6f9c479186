// Keeps what a guild hears in checked files, so that an evening can be put back after a mishap: queue, volume, filters and the place in the
// track. A damaged file is told from a whole one, and the one before it is used.
// Here: `npx node --conditions=@antiphon/source packages/lavalink/examples/snapshots.ts`; in a project of your own: `node snapshots.ts`.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLavalink, tracksOf, type Player } from "@antiphon/lavalink";
import { createSnapshotManager } from "@antiphon/lavalink/snapshots";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { describeError, waitFor } from "@antiphon/std";

// A voice server that nobody connects to: simulated nodes play time instead of audio.
const voice = { endpoint: "127.0.0.1:443", allocate: () => ({ token: "token" }), release: () => {} };
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const bot = world.addUser({ username: "jukebox" });
const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
const channel = world.addChannel(guild.id, { name: "Loft", type: "voice" });

await using node = await startLavalinkSimulator();
const { host, port, password } = node;
await using lavalink = createLavalink({ nodes: [{ host, port, password }], signaling: world.signalingFor(bot.id) });
await lavalink.connect();
const place = { guildId: guild.id, channelId: channel.id };

const tell = (when: string, player: Player) => {
  const { current, volumePercent, paused, queue, filters } = player;
  const waiting =
    queue
      .upcoming()
      .map(({ info }) => info.title)
      .join(" and ") || "nothing";
  console.log(
    `${when}: ${current?.info.title ?? "silence"} at ${volumePercent} %, ${paused ? "paused" : "playing"}; waiting: ${waiting}; filters: ${[...filters.layers.keys()].join(", ") || "none"}`,
  );
};

const folder = await mkdtemp(join(tmpdir(), "snapshots-"));
// `startAutomatic()` takes one of every player each few minutes; here they are taken by hand.
await using snapshots = createSnapshotManager({ folder, players: lavalink.players, keep: 5 });

const player = await lavalink.join(place);
const [rain, harbour, morning] = await Promise.all(
  ["rain", "harbour", "morning"].map(async (id) => tracksOf(await lavalink.load(id))[0]),
);
if (rain === undefined || harbour === undefined || morning === undefined)
  throw new Error("the simulator has these three");
player.queue.add([harbour, morning], { requesterId: "ada" });
const started = waitFor(lavalink, "trackStart");
await player.play(rain, { volumePercent: 70 });
await started;
await player.filters.vaporwave();
await player.pause();
tell("the evening    ", player);
await snapshots.save(snapshots.create(player), "evening.json");
const path = await snapshots.save(snapshots.create(player));

// A mishap: the queue is emptied, the music stops, the player is gone.
await player.leave();
const again = await lavalink.join(place);
tell("after a mishap ", again);
await snapshots.restore(await snapshots.load(join(folder, "evening.json")), again);
tell("put back       ", again);

// A file that was cut off or changed does not get through; `loadLatest` passes over it and says so.
await writeFile(path, (await readFile(path, "utf8")).replace('"volume', '"VOLUME'));
await snapshots.load(path).catch((error: unknown) => console.log(describeError(error).replaceAll(folder, "…")));
const latest = await snapshots.loadLatest(guild.id);
console.log(
  `the latest that is whole: ${latest === null ? "none, but the one that was saved under a name" : latest.path}`,
);
await snapshots[Symbol.asyncDispose]();
await rm(folder, { recursive: true });
