import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { createClient, type Client, type ClientOptions } from "@antiphon/core";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { createManualClock } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const patiently = { timeout: 20_000 };
let simulator: DiscordSimulator;
let clients: Client[];
beforeEach(async () => {
  simulator = await startDiscordSimulator({ identify: { windowMs: 0 } });
  clients = [];
});
afterEach(async () => {
  for (const client of clients) await client.close();
  await simulator.close();
});

/** A bot in a guild of its own, and somebody who talks there. */
async function setUp(options: Partial<ClientOptions>) {
  const { world } = simulator;
  const { token, botUserId } = world.addApplication({ name: "Antiphon" });
  const ann = world.addUser({ username: "ann" });
  const guild = world.addGuild({ name: "Guild", ownerId: ann.id });
  world.addMember(guild.id, botUserId);
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  const client = createClient({
    token,
    intents: ["guilds", "guildMessages", "messageContent"],
    api: simulator.apiUrl,
    ...options,
  });
  clients.push(client);
  const heard: string[] = [];
  client.on("messageCreate", ({ data }) => heard.push(data.content));
  const names: string[] = [];
  client.on("raw", ({ dispatch }) => names.push(dispatch.type));
  await client.connect();
  const say = (content: string) => world.sendMessage({ channelId: channel.id, authorId: ann.id, content });
  return { client, guild, channel, heard, names, say };
}

describe("workers", () => {
  it("gives the same events and the same cache as without, through a lost connection, and leaves no thread", async () => {
    const threads: Worker[] = [];
    const onWorker = (worker: Worker) => void threads.push(worker);
    process.on("worker", onWorker);
    const outcomes = [];
    for (const workers of [0, 1]) {
      const { client, guild, channel, heard, names, say } = await setUp({ workers });
      for (let index = 0; index < 100; index++) say(`message ${index}`);
      await expect.poll(() => heard.length, patiently).toBe(100);
      simulator.world.dropConnections();
      for (let index = 100; index < 120; index++) say(`message ${index}`);
      await expect.poll(() => heard.length, patiently).toBe(120);
      await expect.poll(() => names.includes("RESUMED"), patiently).toBe(true);
      say("the last");
      await expect.poll(() => heard.at(-1), patiently).toBe("the last");
      const cached = client.cache.guilds.get(guild.id)?.name;
      const messages = client.cache.messages.recent(channel.id).length;
      const { byName, skipped } = client.stats().dispatches;
      await client.close();
      outcomes.push({ heard, names, cached, messages, byName, skipped });
    }
    process.off("worker", onWorker);
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ cached: "Guild", skipped: 0 });
    // A thread that has ended has no id.
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
  });
});

describe('reshard: "auto"', () => {
  it("goes on with more shards when Discord refuses the bot's only one", async () => {
    const clock = createManualClock();
    const { client, heard, say } = await setUp({ reshard: "auto", clock });
    expect(client.stats().shards).toHaveLength(1);
    simulator.world.dropConnections({ code: 4011 });
    // The clock, by which identifies are spaced, goes on while the sockets work.
    while (client.stats().shards.length < 2) {
      await clock.advance(20);
      await setImmediate();
    }
    say("still here");
    await expect.poll(() => heard, patiently).toEqual(["still here"]);
    expect(client.state).toBe("connected");
  });

  it("leaves that to the caller otherwise", async () => {
    const { client } = await setUp({});
    const failed = client.waitFor("connectionFailed");
    simulator.world.dropConnections({ code: 4011 });
    expect((await failed).error).toMatchObject({ cause: { code: "GATEWAY_SHARDING_REQUIRED" } });
  });
});
