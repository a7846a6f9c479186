import { describeWith } from "@antiphon/services";
import { expect, test } from "vitest";
import { startBotFleet, type BotFleet, type FleetGuild, type FleetWorker } from "./bot-fleet.ts";
import { demoTracks } from "./demo-tracks.ts";

const eventually = <Value>(value: () => Promise<Value> | Value) =>
  expect.poll(value, { timeout: 120_000, interval: 200 });

/** Every player that any of the workers has of a guild. */
async function playersOf(workers: readonly FleetWorker[], { guildId }: FleetGuild) {
  const players = await Promise.all(workers.map((worker) => worker.player(guildId)));
  return players.filter((player) => player !== null);
}

/** Resolves when the bot is heard in a guild's channel from now on. */
async function untilHeard({ voice, botUserId }: BotFleet, { guildId }: FleetGuild) {
  let packets = 0;
  using _packets = voice.on("packet", (packet) => {
    // Silence frames are of three bytes.
    if (packet.userId === botUserId && packet.guildId === guildId && packet.payloadBytes > 3) packets++;
  });
  await eventually(() => packets).toBeGreaterThan(50);
}

describeWith("nats-server", "a player of a bot on many processes", () => {
  test("goes on elsewhere when its worker is killed, and its buttons go on working", { timeout: 900_000 }, async () => {
    const [one = "", two = "", three = "", four = ""] = (await demoTracks()).map(({ title }) => title);
    await using fleet = await startBotFleet();
    const guild = await fleet.addGuild("One");
    const first = await fleet.startWorker();
    const panel = await guild.ask("play", { query: one });
    for (const query of [two, three]) await guild.ask("play", { query });
    await first.tune(guild.guildId, 70);
    await eventually(async () => (await first.player(guild.guildId))?.positionMs ?? 0).toBeGreaterThan(12_000);
    await first.end("SIGKILL");

    const second = await fleet.startWorker();
    const tuned = { requesterId: guild.ownerId, volumePercent: 70, loop: "track", filters: ["calm"] };
    await eventually(() => second.player(guild.guildId)).toMatchObject({
      ...tuned,
      title: one,
      paused: false,
      upcoming: [two, three],
      // It did not begin anew: where it is, is kept every five seconds.
      positionMs: expect.toSatisfy((positionMs: number) => positionMs > 2_000),
    });
    await untilHeard(fleet, guild);

    await guild.press(panel.id, "music:pause");
    await eventually(() => second.player(guild.guildId)).toMatchObject({ ...tuned, title: one, paused: true });
    await guild.ask("resume");
    await guild.ask("play", { query: four });
    await eventually(() => second.player(guild.guildId)).toMatchObject({
      ...tuned,
      title: one,
      paused: false,
      upcoming: [two, three, four],
    });
    await guild.ask("stop");
    expect(await second.player(guild.guildId)).toBeNull();
  });

  test("moves as workers come and go, each to one of them", { timeout: 900_000 }, async () => {
    const titles = (await demoTracks()).map(({ title }) => title).slice(0, 4);
    await using fleet = await startBotFleet();
    const guilds = await Promise.all(titles.map((title) => fleet.addGuild(title)));
    const first = await fleet.startWorker();
    const upcoming = (index: number) => titles.filter((_, other) => other !== index);
    for (const [index, guild] of guilds.entries()) {
      for (const query of [titles[index] ?? "", ...upcoming(index)]) await guild.ask("play", { query });
      await first.tune(guild.guildId, 50 + index);
    }
    const whereverItIs = (guild: FleetGuild, index: number) => ({
      title: titles[index],
      requesterId: guild.ownerId,
      paused: false,
      volumePercent: 50 + index,
      loop: "track",
      filters: ["calm"],
      upcoming: upcoming(index),
    });
    const allPlay = async (workers: readonly FleetWorker[]) => {
      for (const [index, guild] of guilds.entries())
        await eventually(() => playersOf(workers, guild)).toMatchObject([whereverItIs(guild, index)]);
    };

    // Half of the lanes go to the second worker: which guilds are in them is chance.
    const second = await fleet.startWorker();
    await allPlay([first, second]);
    await first.end("SIGTERM");
    await allPlay([second]);
    for (const guild of guilds) {
      await untilHeard(fleet, guild);
      const inVoice = fleet.discord.world.voiceStates(guild.guildId);
      expect(inVoice.find(({ user_id: userId }) => userId === fleet.botUserId)?.channel_id).toBe(guild.voiceChannelId);
    }
  });
});
