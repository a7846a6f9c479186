// Two Lavalink nodes, a queue that is shared fairly, filters in layers, and then the node that plays dies: the music goes on at the other
// one, at the same place, with the same filters.
// Here: `npx node --conditions=@antiphon/source packages/lavalink/examples/node-dies.ts`; in a project of your own: `node node-dies.ts`.
import { createLavalink, tracksOf } from "@antiphon/lavalink";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { createSeededRandom, waitFor } from "@antiphon/std";

// A voice server that nobody connects to: simulated nodes play time instead of audio.
const voice = { endpoint: "127.0.0.1:443", allocate: () => ({ token: "token" }), release: () => {} };
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const bot = world.addUser({ username: "jukebox" });
const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
const channel = world.addChannel(guild.id, { name: "Loft", type: "voice" });

await using first = await startLavalinkSimulator();
await using second = await startLavalinkSimulator();
for (const { catalogue } of [first, second]) {
  for (const title of ["Kyrie", "Gloria", "Credo", "Sanctus"])
    catalogue.add({ identifier: title, title: `Mass: ${title}`, author: "Josquin", lengthMs: 300_000 });
}

// With a real bot `signaling` comes from @antiphon/core, or from discord.js through @antiphon/discordjs.
await using lavalink = createLavalink({
  nodes: [first, second].map(({ host, port, password }, index) => ({
    name: index === 0 ? "north" : "south",
    host,
    port,
    password,
  })),
  signaling: world.signalingFor(bot.id),
  random: createSeededRandom(4), // for the shuffle below
});
await lavalink.connect();
lavalink.on("trackStart", ({ track }) => console.log(`now ${track.info.title}`));

const mass = tracksOf(await lavalink.search("mass"));
console.log(`found ${mass.length}`);
const player = await lavalink.join({ guildId: guild.id, channelId: channel.id });
player.queue.add(mass.slice(0, 3), { requesterId: "ada" });
player.queue.add(mass.slice(3), { requesterId: "bea" });
player.queue.shuffle({ fair: true }); // by turns, so that three wishes of one do not keep another waiting
console.log(
  "order:",
  player.queue
    .upcoming()
    .map(({ requesterId }) => requesterId)
    .join(", "),
);
const started = waitFor(lavalink, "trackStart");
await player.play();
await started;

// Layers are composed: gains add up, tempos multiply, and each can be taken away again by its name.
await player.filters.bassBoost("medium");
await player.filters.nightcore();
await player.filters.set("softer", { volume: 0.8 });
await player.filters.remove("nightcore");
console.log("layers:", [...player.filters.layers.keys()].join(", "));

const [dying, surviving] = player.node === "north" ? [first, second] : [second, first];
const moved = waitFor(lavalink, "playerMoved");
const before = player.current;
await dying.close();
const { from, to } = await moved;
console.log(`the player moved to another node: ${from !== to}`);
console.log(`the same playing goes on: ${player.current === before}`);
const [there] = surviving.players;
console.log(
  `that node has it: ${there?.track?.info.title === before?.info.title}, with its filters: ${there?.filters?.volume === 0.8}`,
);
