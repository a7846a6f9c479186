import { createLavalink } from "@antiphon/lavalink";
import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { waitFor } from "@antiphon/std";

const voice = { endpoint: "127.0.0.1:443", allocate: () => ({ token: "token" }), release: () => {} };
await using discord = await startDiscordSimulator({ voice });
await using first = await startLavalinkSimulator();
await using second = await startLavalinkSimulator();
const user = discord.world.addUser({ username: "dj" });
const guild = discord.world.addGuild({ name: "Choir" });
discord.world.addMember(guild.id, user.id);
const channel = discord.world.addChannel(guild.id, { name: "Loft", type: "voice" });

await using lavalink = createLavalink({
  nodes: [first, second].map(({ host, port, password }) => ({ host, port, password })),
  signaling: discord.world.signalingFor(user.id),
});
await lavalink.connect();
lavalink.on("trackStart", ({ track }) => console.log(`now playing ${track.info.title}`));
lavalink.on("playerMoved", ({ from, to }) => console.log(`moved from ${from} to ${to}`));

const found = await lavalink.search("harbour lights");
if (found.type !== "search") throw new Error(`nothing found: ${found.type}`);
const player = await lavalink.join({ guildId: guild.id as GuildId, channelId: channel.id as ChannelId });
player.queue.add(found.tracks, { requesterId: user.id });
await player.play();
await player.setVolume(80);

const moved = waitFor(lavalink, "playerMoved");
await (player.node.endsWith(`:${first.port}`) ? first : second).close();
await moved;
console.log(`still playing ${player.current?.info.title} on ${player.node}`);
await player.leave();
