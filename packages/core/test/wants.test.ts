import { createClient, type Client, type ClientOptions } from "@antiphon/core";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let simulator: DiscordSimulator;
let client: Client | undefined;
beforeEach(async () => {
  simulator = await startDiscordSimulator({ identify: { windowMs: 0 } });
});
afterEach(async () => {
  await client?.close();
  await simulator.close();
});

async function setup(options: Partial<ClientOptions> = {}) {
  const { world } = simulator;
  const { token, botUserId } = world.addApplication({ name: "Antiphon" });
  const ann = world.addUser({ username: "ann" });
  const guild = world.addGuild({ name: "Guild", ownerId: ann.id });
  world.addMember(guild.id, botUserId);
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  client = createClient({
    token,
    intents: ["guilds", "guildMembers", "guildMessages", "messageContent", "guildVoiceStates"],
    api: simulator.apiUrl,
    ...options,
  });
  await client.connect();
  const say = (content: string) => void world.sendMessage({ channelId: channel.id, authorId: ann.id, content });
  return { client, guild, ann, say };
}

describe("dispatches that nobody wants", () => {
  it("are not decoded but counted, and a listener that comes later is served at once", async () => {
    const { client: own, say } = await setup({ cache: { limits: { messages: 0, members: 0, users: 0 } } });
    const counts = () => {
      const { byName, skipped } = own.stats().dispatches;
      return { messages: byName["MESSAGE_CREATE"] ?? 0, skipped };
    };
    for (let index = 0; index < 3; index++) say(`unheard ${index}`);
    await expect.poll(counts).toEqual({ messages: 3, skipped: 3 });
    const heard: string[] = [];
    const listening = own.on("messageCreate", ({ data }) => heard.push(data.content));
    say("heard");
    await expect.poll(() => heard).toEqual(["heard"]);
    expect(counts()).toEqual({ messages: 4, skipped: 3 });
    listening[Symbol.dispose]();
    say("unheard again");
    await expect.poll(counts).toEqual({ messages: 5, skipped: 4 });
    expect(own.stats().dispatches.byName["READY"]).toBe(1);
  });

  it("are those alone that neither the cache nor the client itself follows", async () => {
    const { client: own, guild, say } = await setup();
    say("cached");
    await expect.poll(() => own.stats().dispatches.byName["MESSAGE_CREATE"]).toBe(1);
    expect(own.stats().dispatches.skipped).toBe(0);
    expect(own.cache.guilds.get(guild.id)?.name).toBe("Guild");
  });

  it("come to a reader of all events", async () => {
    const { client: own, say } = await setup({ cache: { limits: { messages: 0, members: 0, users: 0 } } });
    const events = own.events();
    say("read");
    for await (const event of events) if (event.type === "messageCreate") break;
    expect(own.stats().dispatches.skipped).toBe(0);
  });
});

describe("requestMembers", () => {
  it("gives members, and the cache has them from then on", async () => {
    const { client: own, guild, ann } = await setup({ intents: ["guilds", "guildMembers"] });
    const members = await own.requestMembers(guild.id, { query: "an" }).all();
    expect(members.map(({ user }) => user.id)).toContain(ann.id);
    expect(own.cache.members.get(guild.id, ann.id)?.user.username).toBe("ann");
    await own.close();
    await expect(own.requestMembers(guild.id, { query: "an" }).all()).rejects.toMatchObject({
      code: expect.stringMatching(/^CORE_/),
    });
  });
});
