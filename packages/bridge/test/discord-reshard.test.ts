import { createGateway, type Gateway } from "@antiphon/gateway";
import { shardIdOf, type Dispatch, type GatewayInfo, type GuildId } from "@antiphon/protocol/discord";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemoryBus, type BusTransport } from "../src/index.ts";
import {
  createDiscordWorker,
  openDiscordGatewayRole,
  type DiscordGatewayRole,
  type DiscordWorker,
  type GatewayRoleEvent,
  type GatewayRoleOptions,
} from "../src/discord/index.ts";
import { createMortalBus, type MortalBus } from "./discord-mortal-bus.ts";

/** GUILDS, GUILD_VOICE_STATES, GUILD_MESSAGES and MESSAGE_CONTENT. */
const INTENTS = 1 | (1 << 7) | (1 << 9) | (1 << 15);
const GUILDS = 7;

let discord: DiscordSimulator;
let bus: BusTransport;
let bot: { readonly applicationId: string; readonly token: string; readonly botUserId: string };
let guilds: ReturnType<typeof addGuild>[];
const roles: DiscordGatewayRole[] = [];
const workers: DiscordWorker[] = [];
const mortals: MortalBus[] = [];
beforeEach(async () => {
  dispatches = [];
  discord = await startDiscordSimulator({ identify: { windowMs: 0 } });
  bot = discord.world.addApplication({ name: "Bot" });
  bus = createMemoryBus({ streamLimit: 100_000 });
  guilds = Array.from({ length: GUILDS }, (_, index) => addGuild(index));
  const response = await fetch(`${discord.apiUrl}/v10/applications/${bot.applicationId}/commands`, {
    method: "POST",
    headers: { authorization: `Bot ${bot.token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "ping", description: "Answers.", type: 1 }),
  });
  expect(response.ok).toBe(true);
});
afterEach(async () => {
  for (const mortal of mortals.splice(0)) mortal.bury();
  await Promise.all([...roles.splice(0), ...workers.splice(0)].map((each) => each.close()));
  await bus.close();
  await discord.close();
});

const eventually = (value: () => unknown) => expect.poll(value, { timeout: 120_000 });
const gatewayInfo = async () => {
  const response = await fetch(`${discord.apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${bot.token}` } });
  return (await response.json()) as GatewayInfo;
};

/** A guild with somebody who counts there, and uses commands. Their ids differ in what tells shards apart. */
function addGuild(index: number) {
  const { world } = discord;
  const id = String((BigInt(1_000_000 + index) << 22n) + 1n) as GuildId;
  const user = world.addUser({ username: `user${index}` });
  const guild = world.addGuild({ name: `Guild ${index}`, id, ownerId: user.id });
  world.addMember(guild.id, bot.botUserId);
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  const voice = world.addChannel(guild.id, { name: "Music", type: "voice" });
  const state = {
    id: guild.id,
    voiceId: voice.id,
    said: 0,
    used: 0,
    say: () => void world.sendMessage({ channelId: channel.id, authorId: user.id, content: String(state.said++) }),
    use() {
      state.used++;
      const use = { guildId: guild.id, channelId: channel.id, userId: user.id, name: "ping" };
      void world.invokeCommand({ ...use, applicationId: bot.applicationId }).catch(() => {}); // Nobody answers here.
    },
  };
  return state;
}

async function openRole(options: Partial<GatewayRoleOptions> = {}) {
  const gateways: Gateway[] = [];
  const role = await openDiscordGatewayRole({
    bus,
    applicationId: bot.applicationId,
    gatewayInfo,
    identifyWindowMs: 1,
    laneCount: 5,
    openShard(shard) {
      const shardIds = [shard.shardId];
      const from = { token: bot.token, intents: INTENTS, gatewayInfo, compression: "none" } as const;
      const gateway = createGateway({ ...shard, ...from, shardIds });
      gateways.push(gateway);
      return gateway;
    },
    ...options,
  });
  roles.push(role);
  const events: GatewayRoleEvent[] = [];
  for (const type of ["reshardStarted", "resharded", "reshardFailed"] as const)
    role.on(type, (event) => void events.push(event));
  /** Ends its connections as the death of its process does. */
  const hangUp = () => Promise.all(gateways.map((gateway) => gateway.close({ keepSession: true })));
  return { role, events, hangUp };
}

/** What all workers together were given. */
let dispatches: Dispatch[];
async function openWorker() {
  // No worker dies here, and none shall be taken for dead on a busy machine: what it had in hand would come again.
  const worker = createDiscordWorker({ bus, applicationId: bot.applicationId, leaseMs: 10_000 });
  workers.push(worker);
  worker.gateway.subscribe((dispatch) => void dispatches.push(dispatch));
  await worker.gateway.connect();
  return worker;
}

/** The texts that came from a guild, in the order in which they were given to a worker. */
function textsOf(guildId: string): readonly string[] {
  return dispatches
    .filter(({ type }) => type === "MESSAGE_CREATE")
    .map(({ data }) => data as { readonly guild_id: string; readonly content: string })
    .filter(({ guild_id: id }) => id === guildId)
    .map(({ content }) => content);
}
const namesSeen = (type: string) => dispatches.filter((dispatch) => dispatch.type === type);
const interactionsSeen = () => namesSeen("INTERACTION_CREATE").map(({ data }) => (data as { readonly id: string }).id);

/** All talk, and use a command now and then, until it is disposed. */
function startLoad(): Disposable {
  let turn = 0;
  const timer = setInterval(() => {
    const guild = guilds[turn++ % guilds.length];
    guild?.say();
    if (turn % 5 === 0) guild?.use();
  }, 10);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Everything that was said came once, in order, and no command twice. */
async function expectEachOnce() {
  await expectMessagesOnce();
  const interactions = interactionsSeen();
  expect(new Set(interactions).size).toBe(interactions.length);
  expect(interactions.length).toBeGreaterThan(0);
}

async function expectMessagesOnce() {
  await eventually(() => guilds.map(({ id }) => textsOf(id).length)).toEqual(guilds.map(({ said }) => said));
  for (const { id, said } of guilds)
    expect(textsOf(id)).toEqual(Array.from({ length: said }, (_, number) => `${number}`));
}

test(
  "goes from one shard to three and on to two while guilds talk: each event once, in order",
  { timeout: 400_000 },
  async () => {
    const { role, events } = await openRole({ shardCount: 1 });
    const worker = await openWorker();
    await eventually(() => namesSeen("GUILD_CREATE").length).toBe(GUILDS);
    {
      using _load = startLoad();
      expect(await role.reshard({ shardCount: 3 })).toBe(3);
      expect(role.layout).toMatchObject({ shardCount: 3, generation: 1 });
      expect(role.stats).toMatchObject({ shards: [0, 1, 2], nextShards: [] });
      expect(await role.reshard({ shardCount: 2 })).toBe(2);
      // The same number again is no work.
      expect(await role.reshard({ shardCount: 2 })).toBe(2);
    }
    await expectEachOnce();
    expect(namesSeen("GUILD_CREATE")).toHaveLength(GUILDS);
    expect(role.stats.shards).toEqual([0, 1]);
    expect(events).toEqual([
      { type: "reshardStarted", from: 1, to: 3 },
      { type: "resharded", from: 1, to: 3 },
      { type: "reshardStarted", from: 3, to: 2 },
      { type: "resharded", from: 3, to: 2 },
    ]);
    expect(discord.transcript.problems).toEqual([]);
    // Commands reach the shard that the guild lives on now.
    const [guild] = guilds;
    if (guild === undefined) throw new Error("there are guilds");
    const joined = Promise.withResolvers<string | null>();
    worker.signaling.onVoiceState(({ channelId }) => joined.resolve(channelId));
    const place = { guildId: guild.id, channelId: guild.voiceId, selfMute: false, selfDeaf: true };
    await worker.signaling.updateVoiceState(place);
    expect(await joined.promise).toBe(guild.voiceId);
    expect(namesSeen("VOICE_STATE_UPDATE").map(({ shardId }) => shardId)).toEqual([shardIdOf(guild.id, 2)]);
  },
);

test(
  "goes on when the process dies that began it, and with one that joins meanwhile",
  { timeout: 400_000 },
  async () => {
    const mortal = createMortalBus(bus);
    mortals.push(mortal);
    const first = await openRole({ shardCount: 2, bus: mortal.bus });
    const second = await openRole();
    await eventually(() => second.role.stats.shards.length).toBe(1);
    await openWorker();
    await openWorker();
    await eventually(() => namesSeen("GUILD_CREATE").length).toBe(GUILDS);
    {
      using _load = startLoad();
      const begun = first.role.reshard({ shardCount: 4 });
      begun.catch(() => {}); // Its process dies.
      await eventually(() => first.role.stats.nextShards.length).toBeGreaterThan(0);
      mortal.kill();
      await first.hangUp();
      const third = await openRole();
      await eventually(() => [second, third].map(({ role }) => role.layout.shardCount)).toEqual([4, 4]);
      await eventually(() => second.events.map(({ type }) => type)).toEqual(["reshardStarted", "resharded"]);
      await eventually(() => [second, third].map(({ role }) => role.stats.shards.length)).toEqual([2, 2]);
      const marks = guilds.map(({ said }) => said);
      await eventually(() => guilds.every(({ id }, index) => textsOf(id).length > (marks[index] ?? 0))).toBe(true);
    }
    await expectEachOnce();
    expect(namesSeen("GUILD_CREATE")).toHaveLength(GUILDS);
  },
);

test(
  "keeps the old shards when Discord refuses the new ones, or when it is given up",
  { timeout: 400_000 },
  async () => {
    const { role, events } = await openRole({ shardCount: 1 });
    let asked = 0;
    const other = await openRole({
      async gatewayInfo() {
        const info = await gatewayInfo();
        asked++;
        return info;
      },
    });
    await openWorker();
    await eventually(() => namesSeen("GUILD_CREATE").length).toBe(GUILDS);
    await expect(role.reshard({ shardCount: 0 })).rejects.toMatchObject({ code: "BRIDGE_RESHARD_REFUSED" });
    await expect(role.reshard({ shardCount: 5_000 })).rejects.toMatchObject({ code: "BRIDGE_RESHARD_REFUSED" });
    {
      using _load = startLoad();
      // Discord asks for more shards as soon as the new ones are there.
      const refusing = setInterval(() => discord.world.dropConnections({ code: 4011, shardCount: 2 }), 5);
      const refused = role.reshard({ shardCount: 2 });
      await expect(refused).rejects.toMatchObject({
        code: "BRIDGE_RESHARD_FAILED",
        message: expect.stringContaining("4011"),
      });
      clearInterval(refusing);
      await eventually(() => other.events.map(({ type }) => type)).toEqual(["reshardStarted", "reshardFailed"]);
      await eventually(() => role.layout.ending).toBeUndefined();

      const abort = new AbortController();
      const given = role.reshard({ shardCount: 3, signal: abort.signal });
      given.catch(() => {}); // Awaited below.
      await eventually(() => role.layout.next?.shardCount).toBe(3);
      await expect(other.role.reshard({ shardCount: 4 })).rejects.toMatchObject({ code: "BRIDGE_RESHARD_REFUSED" });
      const joined = other.role.reshard({ shardCount: 3 });
      joined.catch(() => {}); // Awaited below.
      // It has asked at its start and for the one that was refused; once more, and it has joined.
      await eventually(() => asked).toBe(3);
      abort.abort(new Error("enough"));
      await expect(given).rejects.toThrow("enough");
      await expect(joined).rejects.toMatchObject({
        code: "BRIDGE_RESHARD_FAILED",
        message: expect.stringContaining("enough"),
      });
      await eventually(() => role.layout.ending).toBeUndefined();
    }
    await expectEachOnce();
    expect(role.layout).toMatchObject({ shardCount: 1, generation: 0, newest: 2 });
    expect(events.map(({ type }) => type)).toEqual([
      "reshardStarted",
      "reshardFailed",
      "reshardStarted",
      "reshardFailed",
    ]);
    await expect(openRole({ shardCount: 3 })).rejects.toMatchObject({
      code: "BRIDGE_LAYOUT_MISMATCH",
      message: expect.stringContaining("reshard"),
    });
  },
);

test("begins with a generation that its lanes have not seen when only the table of shards was deleted", async () => {
  const lanes = await bus.openKeyValue(`discord_${bot.applicationId}_lanes`, { create: true });
  const data = { handled: 0, claimed: 0, generations: { current: 2, newest: 3 } };
  await lanes.put("lane.0", new TextEncoder().encode(JSON.stringify({ owner: null, data })));
  const { role } = await openRole();
  expect(role.layout).toMatchObject({ generation: 4, newest: 4 });
  await openWorker();
  await eventually(() => namesSeen("GUILD_CREATE").length).toBe(GUILDS);
});

test(
  "has more shards by itself when Discord refuses one as too few, and all guilds with them",
  { timeout: 400_000 },
  async () => {
    // The bot is refused again and again as long as it consists of less than three.
    const refusing = setInterval(() => {
      for (const shardCount of [1, 2]) discord.world.dropConnections({ code: 4011, shardCount });
    }, 5);
    try {
      const { role, events } = await openRole({ shardCount: 1, reshard: "auto" });
      await openWorker();
      await eventually(() => role.layout.shardCount).toBeGreaterThanOrEqual(3);
      clearInterval(refusing);
      await eventually(() => events.at(-1)?.type).toBe("resharded");
      for (const guild of guilds) guild.say();
      await expectMessagesOnce();
      const told = new Set(namesSeen("GUILD_CREATE").map(({ data }) => (data as { readonly id: string }).id));
      expect(told).toEqual(new Set(guilds.map(({ id }) => id)));
    } finally {
      clearInterval(refusing);
    }
  },
);
