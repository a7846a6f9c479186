import { createGateway } from "@antiphon/gateway";
import { createVoiceSignaling, type GatewayInfo } from "@antiphon/protocol/discord";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { createManualClock, systemClock, waitFor, type Clock } from "@antiphon/std";
import { createVoiceManager, type VoiceManager } from "@antiphon/voice";
import { expect, test } from "vitest";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";

const patiently = { timeout: 60_000 };
/** GUILDS and GUILD_VOICE_STATES. */
const INTENTS = 1 | (1 << 7);

/** A bot and a person on a Discord of their own, with the real gateway between them. */
async function openStage(clock: Clock = systemClock) {
  await using started = new AsyncDisposableStack();
  const voice = started.use(await startVoiceSimulator({ daveProtocolVersion: 0 }));
  const discord = started.use(await startDiscordSimulator({ voice, identify: { windowMs: 0 } }));
  const { world } = discord;
  const bot = world.addApplication({ name: "Bot" });
  const ada = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Guild", ownerId: ada.id });
  world.addMember(guild.id, bot.botUserId);
  const channel = world.addChannel(guild.id, { name: "Music", type: "voice" });
  const gateway = started.use(
    createGateway({
      token: bot.token,
      intents: INTENTS,
      shardCount: 1,
      gatewayInfo: () => gatewayInfo(discord, bot.token),
      identifyGate: { acquire: () => Promise.resolve() },
      clock,
    }),
  );
  const signaling = createVoiceSignaling({ userId: () => bot.botUserId, send: gateway.send });
  gateway.subscribe(signaling.feed);
  const tls = { ca: voice.certificatePem };
  const manager: VoiceManager = started.use(createVoiceManager({ signaling, tls }));
  const listeners = started.use(createVoiceManager({ signaling: world.signalingFor(ada.id), tls }));
  await gateway.connect();
  const place = { guildId: guild.id, channelId: channel.id };
  const listener = await listeners.join(place);
  const connection = await manager.join(place);
  const heard: string[] = [];
  void (async () => {
    for await (const frame of listener.receive(bot.botUserId)) heard.push(...spoken([frame]));
  })();
  /** The channels that others saw the bot enter, and null whenever it left. */
  const seen: (string | null)[] = [channel.id];
  world.on("voiceStateUpdate", ({ userId, channelId }) => {
    if (userId === bot.botUserId && channelId !== seen.at(-1)) seen.push(channelId);
  });
  const stack = started.move();
  return {
    botUserId: bot.botUserId,
    world,
    gateway,
    connection,
    heard,
    seen,
    channelId: channel.id,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function gatewayInfo(discord: DiscordSimulator, token: string): Promise<GatewayInfo> {
  const response = await fetch(`${discord.apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${token}` } });
  return (await response.json()) as GatewayInfo;
}

type Stage = Awaited<ReturnType<typeof openStage>>;

const ways: Readonly<Record<string, (stage: Stage) => unknown>> = {
  "is invalidated": ({ world }) => world.invalidateSessions({ resumable: false }),
  "times out": ({ world }) => world.dropConnections({ code: 4009 }),
  "is replaced by resharding": ({ gateway }) => gateway.reshard({ shardCount: 2 }),
};

test.each(Object.keys(ways))(
  "a playback goes on when the session of the main gateway %s",
  { timeout: 120_000 },
  async (way) => {
    const isResharding = way === "is replaced by resharding";
    // Where the clock stands still, the old sessions wait however busy the machine is.
    await using stage = await openStage(isResharding ? createManualClock() : systemClock);
    const { connection, heard, seen, channelId } = stage;
    const frames = spoken(opusFrames(3_000, 5));
    const playback = connection.play(sourceOf(opusFrames(3_000, 5)));
    await expect.poll(() => heard.length, patiently).toBeGreaterThan(10);
    const back = waitFor(connection, "stateChange", { filter: ({ to }) => to.name === "connected" });
    await ways[way]?.(stage);
    await back;
    // Some were under way when the old voice server closed; it goes on from there.
    const before = heard.length;
    await expect.poll(() => heard.length, patiently).toBeGreaterThan(before + 40);
    const latest = heard.slice(-20);
    const start = frames.indexOf(latest[0] ?? "");
    expect(start).toBeGreaterThan(10);
    expect(latest).toEqual(frames.slice(start, start + 20));
    playback.stop();
    expect(seen).toEqual(isResharding ? [channelId] : [channelId, null, channelId]);
  },
);

test("a bot that was thrown out is not brought back by the next session", { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { connection, world, gateway, botUserId: userId, seen, channelId } = stage;
  const { guildId } = connection;
  world.leaveVoice({ guildId, userId });
  expect(await connection.closed).toMatchObject({ code: "VOICE_KICKED" });
  const started = new Promise<void>((resolve) => {
    gateway.subscribe(({ type }) => type === "GUILD_CREATE" && resolve());
  });
  world.dropConnections({ code: 4009 });
  await started;
  // Behind whatever was sent because of the new session.
  await gateway.requestMembers(guildId, { userIds: [userId] }).all();
  expect(seen).toEqual([channelId, null]);
});
