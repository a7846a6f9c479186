import { createGateway } from "@antiphon/gateway";
import type { Dispatch, GatewayInfo } from "@antiphon/protocol/discord";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemoryBus, type BusTransport } from "../src/index.ts";
import { createManualClock } from "@antiphon/std";
import {
  createBusIdentifyGate,
  createDiscordWorker,
  openDiscordGatewayRole,
  type GatewayRoleOptions,
} from "../src/discord/index.ts";

const INTENTS = 1 | (1 << 7) | (1 << 9) | (1 << 15);

let discord: DiscordSimulator;
let bus: BusTransport;
let bot: { readonly applicationId: string; readonly token: string; readonly botUserId: string };
beforeEach(async () => {
  discord = await startDiscordSimulator({ identify: { windowMs: 0 }, shards: 2 });
  bot = discord.world.addApplication({ name: "Bot" });
  bus = createMemoryBus();
});
afterEach(async () => {
  await bus.close();
  await discord.close();
});

const gatewayInfo = async () => {
  const response = await fetch(`${discord.apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${bot.token}` } });
  return (await response.json()) as GatewayInfo;
};

/** A guild with somebody who talks there. */
function addGuild(name: string) {
  const user = discord.world.addUser({ username: name });
  const guild = discord.world.addGuild({ name, ownerId: user.id });
  discord.world.addMember(guild.id, bot.botUserId);
  const channel = discord.world.addChannel(guild.id, { name: "general", type: "text" });
  const voice = discord.world.addChannel(guild.id, { name: "Music", type: "voice" });
  const say = (content: string) =>
    void discord.world.sendMessage({ channelId: channel.id, authorId: user.id, content });
  return { id: guild.id, channelId: channel.id, voiceId: voice.id, say };
}

const openRole = (options: Partial<GatewayRoleOptions> = {}) =>
  openDiscordGatewayRole({
    bus,
    applicationId: bot.applicationId,
    gatewayInfo,
    identifyWindowMs: 1,
    openShard: (shard) =>
      createGateway({ ...shard, token: bot.token, intents: INTENTS, gatewayInfo, shardIds: [shard.shardId] }),
    ...options,
  });

/** A worker and what its messages say, by guild. */
async function openWorker() {
  const worker = createDiscordWorker({ bus, applicationId: bot.applicationId });
  const dispatches: Dispatch[] = [];
  const said = new Map<string, string[]>();
  worker.gateway.subscribe((dispatch) => {
    dispatches.push(dispatch);
    if (dispatch.type !== "MESSAGE_CREATE") return;
    const { guild_id: guildId, content } = dispatch.data as { readonly guild_id: string; readonly content: string };
    said.set(guildId, [...(said.get(guildId) ?? []), content]);
  });
  await worker.gateway.connect();
  return { worker, dispatches, said };
}

const eventually = (value: () => unknown) => expect.poll(value, { timeout: 60_000 });
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

test("what Discord says reaches the one worker that has the guild, in order", async () => {
  const guilds = ["one", "two", "three", "four"].map(addGuild);
  const opening = openWorker();
  await using role = await openRole();
  const first = await opening;
  await using _first = first.worker;
  const second = await openWorker();
  await using _second = second.worker;
  await eventually(() => role.stats.shards).toEqual([0, 1]);
  const dispatches = () => [...first.dispatches, ...second.dispatches];
  await eventually(() => dispatches().filter(({ type }) => type === "GUILD_CREATE").length).toBe(guilds.length);
  await eventually(() => [first.worker.stats.lanes.length, second.worker.stats.lanes.length]).toEqual([16, 16]);
  for (const text of numbered(50)) for (const guild of guilds) guild.say(text);
  const all = () => [...first.said.values(), ...second.said.values()].flat().length;
  await eventually(all).toBe(200);
  for (const { id } of guilds) expect([first.said.get(id), second.said.get(id)]).toContainEqual(numbered(50));
  expect(role.stats).toMatchObject({ refused: 0, failed: 0, processes: 1 });
});

test("a worker joins a voice channel through the shard of its guild, and hears of it", async () => {
  const guild = addGuild("one");
  await using role = await openRole();
  const { worker } = await openWorker();
  await using _worker = worker;
  await eventually(() => role.stats.shards).toEqual([0, 1]);
  await eventually(() => worker.stats.delivered).toBeGreaterThan(2);
  const joined = Promise.withResolvers<string | null>();
  worker.signaling.onVoiceState(({ channelId }) => joined.resolve(channelId));
  const place = { guildId: guild.id, channelId: guild.voiceId, selfMute: false, selfDeaf: true };
  await worker.signaling.updateVoiceState(place);
  expect(await joined.promise).toBe(guild.voiceId);
  expect(worker.signaling.userId).toBe(bot.botUserId);
  expect(role.stats.commands).toBe(1);
  await expect(worker.gateway.send(guild.id, { op: 2, d: {} })).rejects.toMatchObject({
    code: "BRIDGE_COMMAND_REFUSED",
  });
});

test("the next gateway resumes where the last one was, and what was said meanwhile arrives once", async () => {
  const guild = addGuild("one");
  await using first = await openRole();
  const { worker, said } = await openWorker();
  await using _worker = worker;
  // READY of both shards, and the guild.
  await eventually(() => worker.stats.delivered).toBeGreaterThan(2);
  guild.say("before");
  await eventually(() => said.get(guild.id)).toEqual(["before"]);
  await first.close();
  guild.say("meanwhile");
  await using _second = await openRole();
  guild.say("after");
  await eventually(() => said.get(guild.id)).toEqual(["before", "meanwhile", "after"]);
});

test("a gateway that Discord refuses ends with the reason", async () => {
  await using role = await openRole({
    openShard: (shard) =>
      createGateway({ ...shard, token: "wrong", intents: INTENTS, gatewayInfo, shardIds: [shard.shardId] }),
  });
  expect((await role.closed).error).toMatchObject({ code: "GATEWAY_AUTHENTICATION_FAILED" });
});

test("a bot that runs with another number of shards is left alone", async () => {
  await using _role = await openRole();
  await expect(openRole({ shardCount: 3 })).rejects.toMatchObject({ code: "BRIDGE_LAYOUT_MISMATCH" });
});

test("gateways of several processes identify one after the other", async () => {
  const clock = createManualClock();
  const table = await bus.openKeyValue("turns", { create: true });
  const gates = [1, 2].map(() => createBusIdentifyGate({ table, maximumConcurrency: 2, windowMs: 5_000, clock }));
  const turns: string[] = [];
  const all = [0, 1, 2, 4].map(async (shardId) => {
    await gates[shardId % 4 === 0 ? 0 : 1]?.acquire(shardId);
    turns.push(`${shardId} at ${clock.monotonicMs()}`);
  });
  for (let second = 0; second < 15; second++) await clock.advance(1_000);
  await Promise.all(all);
  expect(turns.filter((turn) => turn.endsWith(" at 0"))).toHaveLength(2);
  const later = turns.map((turn) => Number(turn.split(" ").at(-1))).filter((atMs) => atMs > 0);
  expect(later).toHaveLength(2);
  expect(Math.min(...later)).toBeGreaterThanOrEqual(5_000);
  expect((later[1] ?? 0) - (later[0] ?? 0)).toBeGreaterThanOrEqual(5_000);
});
