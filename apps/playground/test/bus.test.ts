import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectNatsBus, createBotRemote, type BotEvent, type BusTransport } from "@antiphon/bridge";
import { describeWith, startNats } from "@antiphon/services";
import { expect, test } from "vitest";
import { openPlaygroundWorld, type PlaygroundWorld, type PlaygroundWorldOptions } from "../src/world.ts";
import { demoFolder, demoTracks } from "./demo-tracks.ts";

/** Runs a bot with this bus, somebody listening, until the test is over. */
async function withBot(
  bus: PlaygroundWorldOptions["bus"],
  run: (playground: PlaygroundWorld) => Promise<void>,
): Promise<void> {
  const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-bus-test-"));
  try {
    await demoTracks();
    await using playground = await openPlaygroundWorld({
      musicDirectory: demoFolder,
      dataDirectory,
      ...(bus === undefined ? {} : { bus }),
    });
    const { discord, guildId, voiceChannelId, me } = playground;
    discord.world.joinVoice({ guildId, channelId: voiceChannelId, userId: me.id });
    await run(playground);
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}

/** Steers the bot as another service would. */
async function steer(
  { guildId, voiceChannelId: channelId, me }: PlaygroundWorld,
  bus: BusTransport,
  app: string,
): Promise<void> {
  const patient = { timeoutMs: 60_000 };
  const remote = createBotRemote({ bus, app });
  const command = (name: string, given: unknown) => remote.command(name, given, patient);
  const events: BotEvent[] = [];
  await using _events = await remote.onEvent("*", (event) => void events.push(event));

  await expect(command("skip", { guildId })).rejects.toMatchObject({ code: "BOT_NOT_PLAYING" });
  await expect(command("play", { guildId, channelId, query: "", requesterId: me.id })).rejects.toMatchObject({
    code: "COMMAND_INVALID",
  });
  const played = await command("play", { guildId, channelId, query: "tidewater", requesterId: me.id });
  expect(played).toMatchObject({
    channelId,
    track: { title: "Tidewater", artist: "The Lanterns" },
    paused: false,
    waiting: 0,
  });
  expect(await command("play", { guildId, channelId, query: "night bus", requesterId: me.id })).toMatchObject({
    waiting: 1,
  });
  expect(await command("pause", { guildId })).toMatchObject({ paused: true });
  expect(await command("resume", { guildId })).toMatchObject({ paused: false });
  expect(await command("skip", { guildId })).toMatchObject({ track: { title: "Night Bus" }, waiting: 0 });
  await command("stop", { guildId });

  await expect.poll(() => events.map(({ name }) => name)).toContain("playerDestroy");
  expect(
    events.filter(({ name }) => name === "trackStart").map(({ data }) => (data as { title: string }).title),
  ).toEqual(["Tidewater", "Night Bus"]);
}

test("another service steers the bot over the bus, and hears what happens", { timeout: 180_000 }, async () => {
  await withBot(undefined, (playground) => steer(playground, playground.bot.bus, "bot"));
});

describeWith("nats-server", "over NATS", () => {
  test("another process steers the bot, and hears what happens", { timeout: 180_000 }, async () => {
    await using server = await startNats({ jetstream: true });
    await withBot({ transport: "nats", servers: `127.0.0.1:${server.port}`, app: "jukebox" }, async (playground) => {
      const stream = { name: "antiphon-jukebox", subjects: ["antiphon.jukebox.event.>"] };
      await using bus = await connectNatsBus({ servers: `127.0.0.1:${server.port}`, stream });
      await steer(playground, bus, "jukebox");
    });
  });
});
