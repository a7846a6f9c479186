import { createGateway } from "@antiphon/gateway";
import { createVoiceSignaling, type GatewayInfo } from "@antiphon/protocol/discord";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { startLavalinkSimulator, type LavalinkSimulator } from "@antiphon/sim/lavalink";
import { expect, test } from "vitest";
import { createLavalink, type LavalinkEvent } from "../src/index.ts";
import { trackOf } from "./world.ts";

const patiently = { timeout: 60_000 };
/** GUILDS and GUILD_VOICE_STATES. */
const INTENTS = 1 | (1 << 7);

async function gatewayInfo(discord: DiscordSimulator, token: string): Promise<GatewayInfo> {
  const response = await fetch(`${discord.apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${token}` } });
  return (await response.json()) as GatewayInfo;
}

/** The voice servers of a Discord, to which the node connects: they close its socket when the bot is in voice no more. */
function voiceServersFor(node: LavalinkSimulator) {
  let servers = 0;
  return {
    endpoint: "voice.invalid",
    allocate: () => ({ token: `token${++servers}` }),
    release: ({ guildId }: { readonly guildId: string }) => node.faults.closeVoice(guildId, { code: 4014 }),
  };
}

type Discord = DiscordSimulator["world"];
const endings: readonly (readonly [string, (world: Discord) => number])[] = [
  ["is invalidated", (world) => world.invalidateSessions({ resumable: false })],
  ["times out", (world) => world.dropConnections({ code: 4009 })],
];

test.each(endings)("a player goes on when the session of the main gateway %s", { timeout: 120_000 }, async (_, end) => {
  await using node = await startLavalinkSimulator();
  await using discord = await startDiscordSimulator({ voice: voiceServersFor(node), identify: { windowMs: 0 } });
  const { world } = discord;
  const bot = world.addApplication({ name: "Bot" });
  const guild = world.addGuild({ name: "Guild" });
  world.addMember(guild.id, bot.botUserId);
  const channel = world.addChannel(guild.id, { name: "Music", type: "voice" });
  await using gateway = createGateway({
    token: bot.token,
    intents: INTENTS,
    gatewayInfo: () => gatewayInfo(discord, bot.token),
    identifyGate: { acquire: () => Promise.resolve() },
  });
  const signaling = createVoiceSignaling({ userId: () => bot.botUserId, send: gateway.send });
  gateway.subscribe(signaling.feed);
  await gateway.connect();
  const { host, port, password } = node;
  await using lavalink = createLavalink({ nodes: [{ name: "node", host, port, password }], signaling });
  const events: LavalinkEvent["type"][] = [];
  for (const type of ["voiceClosed", "playerError", "playerDestroy", "trackEnd"] as const)
    lavalink.on(type, () => events.push(type));
  await lavalink.connect();
  const player = await lavalink.join({ guildId: guild.id, channelId: channel.id });
  await player.play(trackOf(await lavalink.load("morning")));
  const voices = () =>
    node.requests.flatMap(({ method, body }) => {
      const { voice } = (body ?? {}) as { readonly voice?: { readonly token: string; readonly sessionId: string } };
      return method === "PATCH" && voice !== undefined ? [voice] : [];
    });
  const sessionOf = () => world.voiceStates(guild.id)[0]?.session_id;
  expect(voices()).toMatchObject([{ token: "token1", sessionId: sessionOf() }]);

  expect(end(world)).toBe(1);
  await expect.poll(() => voices().length, patiently).toBe(2);
  // Never the new session with the token of the old one, which Discord would refuse.
  expect(voices()[1]).toMatchObject({ token: "token2", sessionId: sessionOf() });
  expect(node.players).toMatchObject([{ track: { info: { title: expect.any(String) as string } }, paused: false }]);
  expect(lavalink.players.get(guild.id)).toBe(player);
  expect(events.filter((type) => type !== "voiceClosed")).toEqual([]);
});
