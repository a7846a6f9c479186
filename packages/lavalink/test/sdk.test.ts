import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { createManualClock, createSeededRandom } from "@antiphon/std";
import { expect, onTestFinished, test } from "vitest";
import { createMusicBotSdk, createVoiceSdk } from "../src/sdk/index.ts";
import { createFakeSignaling } from "./fake-signaling.ts";
import { channelId, eventually, guildId } from "./world.ts";

async function openNode() {
  const clock = createManualClock();
  const simulator = await startLavalinkSimulator({ clock });
  onTestFinished(() => simulator.close());
  const { host, port, password } = simulator;
  return { clock, simulator, nodes: [{ name: "node0", host, port, password }] };
}

async function openMusicBot() {
  const node = await openNode();
  const signaling = createFakeSignaling();
  const sdk = createMusicBotSdk({
    nodes: node.nodes,
    signaling,
    clock: node.clock,
    random: createSeededRandom(3),
    silenceMs: 0,
    heartbeatMs: 1e9,
    voiceChannelOf: (_guildId, requesterId) => (requesterId === "nobody" ? undefined : channelId),
  });
  onTestFinished(() => sdk.shutdown());
  await sdk.start();
  const run = (command: string, argument?: string) =>
    sdk.executeCommand(guildId, command, argument, { requesterId: "7" });
  return { ...node, sdk, signaling, run };
}

test("the music kit plays what a query finds, and its replies say so", async () => {
  const { sdk, simulator, run, clock } = await openMusicBot();
  expect(await run("queue")).toBe("The queue is empty.");
  expect(await run("play", "nothing of this name")).toBe('Nothing was found for "nothing of this name".');
  expect(sdk.lavalink.players.size).toBe(0);
  expect(await run("play", "harbour lights")).toBe("Now playing: Harbour Lights by The Simulated");
  expect(simulator.players).toMatchObject([{ guildId, track: { info: { identifier: "harbour" } }, paused: false }]);
  expect(sdk.lavalink.players.get(guildId)?.current?.requesterId).toBe("7");
  await clock.advance(65_000);
  await eventually(() => sdk.lavalink.players.get(guildId)?.positionMs === 65_000);
  expect(await run("nowplaying")).toBe("Now playing: Harbour Lights by The Simulated [1:05 / 4:00]");

  expect(await run("PLAY", " rain on tin ")).toBe("Queued: Rain on Tin by Ada Example");
  expect(await run("play", "https://music.invalid/morning")).toBe("Queued: Morning Train by The Simulated");
  expect(await run("queue")).toBe(
    [
      "Now playing: Harbour Lights by The Simulated",
      "1. Rain on Tin by Ada Example",
      "2. Morning Train by The Simulated",
    ].join("\n"),
  );
  expect(await run("skip")).toBe("Now playing: Rain on Tin by Ada Example");
  expect(simulator.players).toMatchObject([{ track: { info: { identifier: "rain" } } }]);
});

test("the other commands do what they say, on the node too", async () => {
  const { sdk, simulator, run } = await openMusicBot();
  await run("play", "harbour lights");
  const onNode = () => simulator.players[0];
  expect(await run("pause")).toBe("Paused.");
  expect(onNode()?.paused).toBe(true);
  expect(await run("play")).toBe("Now playing: Harbour Lights by The Simulated");
  expect(onNode()?.paused).toBe(false);
  expect([await run("volume", "70"), await run("volume"), onNode()?.volume]).toEqual([
    "Volume: 70 %",
    "Volume: 70 %",
    70,
  ]);
  expect([await run("seek", "1:30"), onNode()?.track?.info.position]).toEqual(["At 1:30.", 90_000]);
  expect(await run("filter", "nightcore")).toBe("Filters: nightcore");
  expect(onNode()?.filters).toMatchObject({ timescale: { speed: 1.2 } });
  expect([await run("filter", "off"), onNode()?.filters]).toEqual(["Filters: none", {}]);
  for (const words of ["rain on tin", "morning"]) await run("play", words);
  expect(await run("shuffle")).toBe("Shuffled; everybody in turn.");
  expect(await run("remove", "1")).toMatch(/^Removed: (Rain|Morning)/);
  expect([await run("loop", "queue"), sdk.lavalink.players.get(guildId)?.queue.loop]).toEqual(["Loop: queue", "queue"]);
  await run("loop", "off");
  expect(await run("clear")).toBe("Removed 1 tracks.");
  expect(await run("skip")).toBe("Skipped; the queue is empty.");
  expect(await run("previous")).toBe("Now playing: Harbour Lights by The Simulated");
  expect([await run("stop"), onNode()?.track]).toEqual(["Stopped, and the queue cleared.", null]);
  expect([await run("leave"), simulator.players]).toEqual(["Bye.", []]);
});

test("the music kit names what it does not understand, takes commands of one's own, and shuts down twice", async () => {
  const { sdk, simulator, run, signaling } = await openMusicBot();
  const invalid = { code: "LAVALINK_INVALID_ARGUMENT" };
  await run("play", "harbour lights");
  for (const [command, argument] of [["dance"], ["volume", "loud"], ["volume", "-1"], ["loop", "x"], ["filter", "x"]]) {
    await expect(run(command as string, argument)).rejects.toMatchObject(invalid);
  }
  const elsewhere = sdk.executeCommand("5", "play", "harbour lights", { requesterId: "nobody" });
  await expect(elsewhere).rejects.toMatchObject(invalid);
  const exception = { message: "age restricted", severity: "common", cause: "x" };
  simulator.catalogue.setLoadResult("ytsearch:secret", { loadType: "error", data: exception });
  await expect(run("play", "secret")).rejects.toMatchObject({ code: "LAVALINK_LOAD_FAILED" });
  sdk.registerCommand("Title", ({ player }) => player?.current?.info.title ?? "nothing");
  expect(await run("title")).toBe("Harbour Lights");
  expect(sdk.commands).toContain("title");
  await sdk.shutdown();
  await sdk.shutdown();
  expect(signaling.requests.at(-1)?.channelId).toBeNull();
  await eventually(() => simulator.players.length === 0 && simulator.sessions.length === 0);
});

const connection = { channelId, sessionId: "voice-session", token: "voice-token", endpoint: "eu.voice.invalid:443" };

async function openVoiceKit(mode?: "streaming" | "monitoring") {
  const node = await openNode();
  const sdk = createVoiceSdk({
    nodes: node.nodes,
    userId: "1000",
    clock: node.clock,
    silenceMs: 0,
    heartbeatMs: 1e9,
    ...(mode === undefined ? {} : { mode }),
  });
  onTestFinished(() => sdk.shutdown());
  await sdk.start();
  return { ...node, sdk };
}

test("the voice kit connects by the credentials it is told, streams, tells statistics and disconnects", async () => {
  const { sdk, simulator } = await openVoiceKit();
  expect(sdk.mode).toBe("streaming");
  expect(await sdk.getVoiceStats(guildId)).toEqual({ connected: false, volumePercent: 100, pingMs: null });
  await sdk.connectVoice(guildId, connection);
  const { channelId: _channelId, ...told } = connection;
  expect(simulator.players).toMatchObject([{ guildId, voice: { ...told, channelId }, state: { connected: true } }]);
  expect(await sdk.getVoiceStats(guildId)).toEqual({ connected: true, volumePercent: 100, pingMs: 12 });
  expect((await sdk.stream(guildId, "harbour lights")).info.title).toBe("Harbour Lights");
  expect(simulator.players).toMatchObject([{ track: { info: { identifier: "harbour" } } }]);
  await sdk.connectVoice(guildId, { ...connection, endpoint: "us.voice.invalid:443", token: "next" });
  expect(simulator.players).toMatchObject([{ voice: { endpoint: "us.voice.invalid:443", token: "next" } }]);
  await sdk.disconnectVoice(guildId);
  await sdk.disconnectVoice(guildId);
  expect(simulator.players).toEqual([]);
  expect(await sdk.getVoiceStats(guildId)).toMatchObject({ connected: false });
  await sdk.shutdown();
  await eventually(() => simulator.sessions.length === 0);
});

test("the voice kit for monitoring plays nothing, and says what is missing", async () => {
  const { sdk, simulator } = await openVoiceKit("monitoring");
  await sdk.connectVoice(guildId, connection);
  expect(await sdk.getVoiceStats(guildId)).toMatchObject({ connected: true });
  const path = `/v4/sessions/${simulator.sessions[0]?.sessionId}/players/${guildId}`;
  simulator.setRoute("GET", path, () => ({ status: 200, body: { guildId } }));
  await expect(sdk.getVoiceStats(guildId)).rejects.toMatchObject({ code: "LAVALINK_BAD_RESPONSE" });
  await expect(sdk.stream(guildId, "harbour lights")).rejects.toMatchObject({ code: "LAVALINK_INVALID_ARGUMENT" });
  expect(simulator.players).toMatchObject([{ track: null }]);
  const { sdk: streaming } = await openVoiceKit();
  await expect(streaming.stream(guildId, "x")).rejects.toMatchObject({ code: "LAVALINK_INVALID_ARGUMENT" });
  await streaming.connectVoice(guildId, connection);
  await expect(streaming.stream(guildId, "no such thing")).rejects.toMatchObject({ code: "LAVALINK_LOAD_FAILED" });
});
