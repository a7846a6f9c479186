// When the queue runs out, something that fits comes next, with a reason: by a strategy of your own over what the node can find, without
// repeating itself, within a limit per artist, and learning from what people skip.
// Here: `npx node --conditions=@antiphon/source packages/lavalink/examples/autoplay.ts`; in a project of your own: `node autoplay.ts`.
import { createLavalink, tracksOf } from "@antiphon/lavalink";
import { createAutoplayEngine, startAutoplay } from "@antiphon/lavalink/autoplay";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { createManualClock, createSeededRandom, waitFor } from "@antiphon/std";

// A voice server that nobody connects to: simulated nodes play time instead of audio.
const voice = { endpoint: "127.0.0.1:443", allocate: () => ({ token: "token" }), release: () => {} };
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const bot = world.addUser({ username: "jukebox" });
const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
const channel = world.addChannel(guild.id, { name: "Loft", type: "voice" });

// The node's own clock is moved by hand, so that an evening passes while one reads this.
const nodeClock = createManualClock();
await using node = await startLavalinkSimulator({ clock: nodeClock });
for (const [author, titles] of Object.entries({
  Josquin: ["Kyrie", "Gloria"],
  Tallis: ["Spem", "Nunc"],
  Byrd: ["Ave", "Agnus"],
})) {
  for (const title of titles)
    node.catalogue.add({ identifier: title, title: `${title} (choir)`, author, lengthMs: 180_000 });
}

const { host, port, password } = node;
await using lavalink = createLavalink({ nodes: [{ host, port, password }], signaling: world.signalingFor(bot.id) });
await lavalink.connect();
const player = await lavalink.join({ guildId: guild.id, channelId: channel.id });

const engine = createAutoplayEngine({
  guildId: guild.id,
  load: lavalink.load,
  random: createSeededRandom(3),
  strategies: ["moreChoirs"],
});
// A strategy suggests; what was heard, who had their turn, and what was skipped is the engine's business.
engine.registerStrategy("moreChoirs", {
  async suggest({ load }) {
    const found = tracksOf(await load("ytsearch:choir"));
    return found.map((track) => ({
      track,
      relevance: track.info.author === "Tallis" ? 1 : 0.6,
      reason: `a choir by ${track.info.author}`,
    }));
  },
});
// Many services may stand in for it: Last.fm (`createLastFmRecommender`), ListenBrainz (`createListenBrainzRecommender`), your own
// recommender, a playlist to fall back on.
using _autoplay = startAutoplay({
  lavalink,
  engineOf: () => engine,
  onPick: (_guildId, { track, strategy, reason }) =>
    console.log(`  picked ${track.info.title}: ${reason} (${strategy})`),
});

/** The track that starts next. */
const next = () => waitFor(lavalink, "trackStart").then(({ track }) => console.log(`now ${track.info.title}`));

const [kyrie] = tracksOf(await lavalink.load("Kyrie"));
let started = next();
await player.play(kyrie);
await started;

for (let round = 0; round < 2; round++) {
  started = next();
  await nodeClock.advance(180_000); // the track ends, and nothing is in the queue
  await started;
}

// Somebody does not like it; what is skipped counts against its artist from now on.
started = next();
await player.skip();
await started;
