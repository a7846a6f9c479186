import { startDiscordSimulator, type WorldEvent } from "@antiphon/sim/discord";
import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";

test("the same seed and clock give the same ids and tokens, and time moves the ids", async () => {
  const build = async (seed: number) => {
    const clock = createManualClock();
    await using simulator = await startDiscordSimulator({ clock, seed });
    const bot = simulator.world.addApplication({ name: "Jukebox" });
    const guild = simulator.world.addGuild({ name: "Antiphon" });
    await clock.advance(1);
    return [bot.applicationId, bot.token, guild.id, guild.ownerId, simulator.world.addUser({ username: "ada" }).id];
  };
  const [first, second, other] = [await build(7), await build(7), await build(8)];
  expect(second).toEqual(first);
  expect(other[1]).not.toBe(first[1]);
  const last = first.map((id) => (/^\d+$/.test(id) ? BigInt(id) : 0n));
  expect((last[4] as bigint) >> 22n).toBe(((last[0] as bigint) >> 22n) + 1n);
  expect(Buffer.from(first[1]?.split(".")[0] ?? "", "base64url").toString()).toBe(first[0]);
});

test("ids stay unique when a millisecond is full", async () => {
  await using simulator = await startDiscordSimulator({ clock: createManualClock() });
  const ids = Array.from({ length: 10_000 }, () => BigInt(simulator.world.addUser({ username: "x" }).id));
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] as bigint))).toBe(true);
});

test("everything that happens can be watched", async () => {
  await using simulator = await startDiscordSimulator();
  const { world } = simulator;
  const seen: WorldEvent["type"][] = [];
  const stream = world.events();
  const ada = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Antiphon", ownerId: ada.id });
  const text = world.addChannel(guild.id, { name: "general", type: "text" });
  const voice = world.addChannel(guild.id, { name: "Lobby", type: "voice" });
  const message = world.sendMessage({ channelId: text.id, authorId: ada.id, content: "hello" });
  world.editMessage({ channelId: text.id, messageId: message.id, content: "hi" });
  world.react({ channelId: text.id, messageId: message.id, userId: ada.id, emoji: "👍" });
  world.react({ channelId: text.id, messageId: message.id, userId: ada.id, emoji: "👍", present: false });
  world.deleteMessage({ channelId: text.id, messageId: message.id });
  world.startTyping({ channelId: text.id, userId: ada.id });
  world.joinVoice({ guildId: guild.id, channelId: voice.id, userId: ada.id });
  world.leaveVoice({ guildId: guild.id, userId: ada.id });
  await simulator.close();
  for await (const event of stream) seen.push(event.type);
  expect(seen).toEqual([
    "guildCreate",
    "memberAdd",
    "channelCreate",
    "channelCreate",
    "messageCreate",
    "messageUpdate",
    "reactionAdd",
    "reactionRemove",
    "messageDelete",
    "typingStart",
    "voiceStateUpdate",
    "voiceStateUpdate",
  ]);
});

test("lists name what is there, and errors what is not", async () => {
  await using simulator = await startDiscordSimulator();
  const { world } = simulator;
  const guild = world.addGuild({ name: "Antiphon" });
  const ada = world.addUser({ username: "ada" });
  world.addMember(guild.id, ada.id);
  world.addMember(guild.id, ada.id);
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  const direct = world.directMessageChannel(ada.id, guild.ownerId);
  expect(world.guilds()).toEqual([guild]);
  expect(world.channels(guild.id)).toEqual([channel]);
  expect(world.channels()).toEqual([direct]);
  expect(world.directMessageChannel(guild.ownerId, ada.id)).toEqual(direct);
  expect(world.members(guild.id).map(({ user }) => user.username)).toEqual(["owner", "ada"]);
  expect(() => world.addChannel("1", { name: "x", type: "text" })).toThrow(/no guild 1 in this world/);
  expect(() => world.sendMessage({ channelId: channel.id, authorId: "1", content: "x" })).toThrow(/no user 1/);
  expect(() => world.addGuild({ name: "Again", id: guild.id })).toThrow(/already a guild/);
});

test("old messages give way, and are counted", async () => {
  await using simulator = await startDiscordSimulator({ transcriptLimit: 10 });
  const { world } = simulator;
  const guild = world.addGuild({ name: "Antiphon" });
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  for (let number = 0; number < 5_010; number++)
    world.sendMessage({ channelId: channel.id, authorId: guild.ownerId, content: String(number) });
  expect(world.messages(channel.id)).toHaveLength(5_000);
  expect(world.messages(channel.id)[0]?.content).toBe("10");
  expect(world.evicted).toEqual({ messages: 10, files: 0 });
  for (let request = 0; request < 10; request++) await fetch(`${simulator.apiUrl}/v10/gateway`);
  expect(simulator.transcript.entries).toHaveLength(10);
  expect(simulator.transcript.dropped).toBe(10);
});
