import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAudioNode, type AudioNode } from "@antiphon/audio-node";
import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { isOpusSilence } from "@antiphon/protocol/voice";
import { startVoiceSimulator, type VoiceSimulator } from "@antiphon/sim/voice";
import { connectVoice, type VoiceConnection } from "@antiphon/voice";
import { createOpusDecoder } from "@antiphon/voice/source";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chirpSamples, correlate, createChirpWav, leftOf } from "./chirp.ts";
import { BOT_ID, call, openNodeSocket, PASSWORD, type NodeSocket } from "./node-client.ts";

const GUILD = "900000000000000001" as GuildId;
const CHANNEL = "900000000000000002" as ChannelId;
const HUMAN = "900000000000000003" as UserId;
const DURATION_MS = 1600;

let music: string;
let sim: VoiceSimulator;
let node: AudioNode;
let socket: NodeSocket;
let human: VoiceConnection;

/** Everything that the human hears of the bot from now on. */
function listen(): { readonly heardMs: () => number; readonly samples: () => Float32Array } {
  const decoder = createOpusDecoder();
  const pcm: Uint8Array[] = [];
  const read = async () => {
    for await (const { opus } of human.receive(BOT_ID)) {
      // Where a held up machine makes the sender wait, it fills the gap with silence, which is no part of the music.
      if (!isOpusSilence(opus)) pcm.push(decoder.decode(opus));
    }
  };
  void read();
  return { heardMs: () => pcm.length * 20, samples: () => leftOf(Buffer.concat(pcm)) };
}

function voiceOf(sessionId: string) {
  const { token } = sim.allocate({ guildId: GUILD, channelId: CHANNEL, userId: BOT_ID, sessionId });
  return { token, endpoint: sim.endpoint, sessionId, channelId: CHANNEL };
}

const isUpdate = (message: { readonly op: string }) => message.op === "playerUpdate";
const player = async () =>
  (
    await call<{ state: { position: number; connected: boolean; ping: number } }>(
      node,
      "GET",
      `/v4/sessions/${socket.sessionId}/players/${GUILD}`,
    )
  ).body;

beforeEach(async () => {
  music = await mkdtemp(join(tmpdir(), "antiphon-playback-"));
  await writeFile(join(music, "chirp.wav"), createChirpWav(DURATION_MS));
  sim = await startVoiceSimulator();
  const tls = { ca: sim.certificatePem };
  node = await startAudioNode({
    password: PASSWORD,
    port: 0,
    musicDirectory: music,
    voice: { tls },
    joinTimeoutMs: 45_000,
  });
  socket = await openNodeSocket(node);
  const session = { guildId: GUILD, channelId: CHANNEL, userId: HUMAN, sessionId: "human" };
  human = await connectVoice({
    credentials: { ...session, token: sim.allocate(session).token, endpoint: sim.endpoint },
    tls,
  });
});
afterEach(async () => {
  await socket.close();
  await human.close();
  await node.close();
  await sim.close();
  await rm(music, { recursive: true });
});

test("one PATCH with voice and track, and the human hears the file", async () => {
  const ears = listen();
  const answer = await socket.patch(GUILD, { voice: voiceOf("bot"), track: { identifier: "chirp.wav" } });
  expect(answer.body).toMatchObject({ state: { connected: true }, voice: { channelId: CHANNEL } });
  expect(await socket.event("TrackEndEvent")).toMatchObject({
    reason: "finished",
    track: { info: { title: "chirp" } },
  });
  await expect.poll(ears.heardMs).toBeGreaterThanOrEqual(DURATION_MS - 40);
  expect(correlate(chirpSamples(DURATION_MS), ears.samples(), 4800).ratio).toBeGreaterThan(0.97);
  expect((await player()).state.connected).toBe(true);
});

test("position and end time cut a piece out of the file", async () => {
  const ears = listen();
  await socket.patch(GUILD, {
    voice: voiceOf("bot"),
    track: { identifier: "chirp.wav" },
    position: 400,
    endTime: 1000,
  });
  expect(await socket.event("TrackEndEvent")).toMatchObject({ reason: "finished" });
  await expect.poll(ears.heardMs).toBeGreaterThanOrEqual(560);
  const piece = chirpSamples(DURATION_MS).subarray(400 * 48, 1000 * 48);
  expect(correlate(piece, ears.samples(), 4800).ratio).toBeGreaterThan(0.97);
});

test("pause holds the position, resume goes on, seek jumps", async () => {
  await socket.patch(GUILD, { voice: voiceOf("bot"), track: { identifier: "chirp.wav" }, paused: true });
  expect((await player()).state.position).toBe(0);
  const sought = await socket.patch(GUILD, { position: 1000 });
  expect(sought.body.state.position).toBe(1000);
  const ears = listen();
  await socket.patch(GUILD, { paused: false });
  expect(await socket.event("TrackEndEvent")).toMatchObject({ reason: "finished" });
  await expect.poll(ears.heardMs).toBeGreaterThanOrEqual(560);
  expect(ears.heardMs()).toBeLessThan(1000);
  expect(correlate(chirpSamples(DURATION_MS).subarray(1000 * 48), ears.samples(), 4800).ratio).toBeGreaterThan(0.97);
});

test("volume and its filter multiply", async () => {
  const ears = listen();
  const filters = { volume: 0.5 };
  await socket.patch(GUILD, { voice: voiceOf("bot"), volume: 50, filters, track: { identifier: "chirp.wav" } });
  await socket.event("TrackEndEvent");
  await expect.poll(ears.heardMs).toBeGreaterThanOrEqual(DURATION_MS - 40);
  const peak = ears.samples().reduce((largest, sample) => Math.max(largest, Math.abs(sample)), 0);
  expect(peak).toBeGreaterThan(0.5 * 0.25 * 0.8);
  expect(peak).toBeLessThan(0.5 * 0.25 * 1.3);
});

test("filters change what the human hears, and how fast the track goes by", async () => {
  const ears = listen();
  const filters = { timescale: { rate: 2 }, channelMix: { leftToLeft: 0.5 } };
  await socket.patch(GUILD, { voice: voiceOf("bot"), filters, track: { identifier: "chirp.wav" } });
  expect(await socket.event("TrackEndEvent")).toMatchObject({ reason: "finished" });
  await expect.poll(ears.heardMs).toBeGreaterThanOrEqual(DURATION_MS / 2 - 40);
  expect(ears.heardMs()).toBeLessThan(DURATION_MS / 2 + 200);
  const twiceAsFast = chirpSamples(DURATION_MS).filter((_, index) => index % 2 === 0);
  expect(correlate(twiceAsFast, ears.samples(), 4800).ratio).toBeGreaterThan(0.95);
  const peak = ears.samples().reduce((largest, sample) => Math.max(largest, Math.abs(sample)), 0);
  expect(peak).toBeGreaterThan(0.5 * 0.5 * 0.8);
  expect(peak).toBeLessThan(0.5 * 0.5 * 1.3);
});

test("an address plays too, and one that breaks half way is reported behind what was heard", async () => {
  const wav = createChirpWav(DURATION_MS);
  const web = createServer((_request, response) => {
    response.writeHead(200, { "content-length": wav.length });
    response.write(wav.subarray(0, wav.length / 2), () => response.destroy());
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  const { port } = web.address() as AddressInfo;
  await using open = await startAudioNode({
    password: PASSWORD,
    port: 0,
    allowUrls: "all",
    voice: { tls: { ca: sim.certificatePem } },
  });
  const client = await openNodeSocket(open);
  const ears = listen();
  await client.patch(GUILD, { voice: voiceOf("bot"), track: { identifier: `http://127.0.0.1:${port}/half.wav` } });
  const exception = { severity: "common", cause: expect.stringContaining("SOURCE_UNREACHABLE") };
  expect(await client.event("TrackExceptionEvent")).toMatchObject({ exception });
  expect(await client.event("TrackEndEvent")).toMatchObject({ reason: "finished" });
  await expect.poll(ears.heardMs).toBeGreaterThanOrEqual(DURATION_MS / 2 - 100);
  await client.close();
  await new Promise((resolve) => web.close(resolve));
});

test("a radio station's titles are told, and are not in its audio", async () => {
  const wav = createChirpWav(DURATION_MS);
  const INTERVAL_BYTES = 16_000;
  const block = Buffer.alloc(33);
  block[0] = 2;
  block.write("StreamTitle='Ann - Waves';", 1);
  const radio = createServer((_request, response) => {
    response.writeHead(200, { "icy-name": "Night waves", "icy-metaint": String(INTERVAL_BYTES) });
    for (let at = 0; at < wav.length; at += INTERVAL_BYTES) {
      const part = wav.subarray(at, at + INTERVAL_BYTES);
      response.write(part.length < INTERVAL_BYTES ? part : Buffer.concat([part, at === 0 ? block : Buffer.of(0)]));
    }
    response.end();
  });
  await new Promise<void>((resolve) => radio.listen(0, "127.0.0.1", resolve));
  const { port } = radio.address() as AddressInfo;
  await using open = await startAudioNode({
    password: PASSWORD,
    port: 0,
    allowUrls: "all",
    voice: { tls: { ca: sim.certificatePem } },
  });
  const client = await openNodeSocket(open);
  const ears = listen();
  await client.patch(GUILD, { voice: voiceOf("bot"), track: { identifier: `http://127.0.0.1:${port}/` } });
  const track = { info: { title: "Night waves" }, pluginInfo: { streamTitle: "Ann - Waves" } };
  expect(await client.event("StreamTitleEvent")).toMatchObject({ guildId: GUILD, title: "Ann - Waves", track });
  const { body } = await call(open, "GET", `/v4/sessions/${client.sessionId}/players/${GUILD}`);
  expect(body).toMatchObject({ track });
  expect(await client.event("TrackEndEvent")).toMatchObject({ reason: "finished", track });
  await expect.poll(ears.heardMs).toBeGreaterThanOrEqual(DURATION_MS - 40);
  expect(correlate(chirpSamples(DURATION_MS), ears.samples(), 4800).ratio).toBeGreaterThan(0.97);
  await client.close();
  await new Promise((resolve) => radio.close(resolve));
});

describe("the voice connection", () => {
  test("can come after the track, and the same credentials change nothing", async () => {
    await socket.patch(GUILD, { track: { identifier: "chirp.wav" } });
    const voice = voiceOf("bot");
    const ears = listen();
    await socket.patch(GUILD, { voice });
    expect(sim.getStats().sockets).toBe(2);
    await socket.patch(GUILD, { voice });
    expect(sim.getStats().sockets).toBe(2);
    await socket.event("TrackEndEvent");
    await expect.poll(ears.heardMs).toBeGreaterThanOrEqual(DURATION_MS - 40);
    expect(correlate(chirpSamples(DURATION_MS), ears.samples(), 4800).ratio).toBeGreaterThan(0.97);
  });

  test("tells its end, keeps the track, and goes on where it was with new credentials", async () => {
    await socket.patch(GUILD, { voice: voiceOf("bot"), track: { identifier: "chirp.wav" } });
    await expect.poll(async () => (await player()).state.position).toBeGreaterThan(100);
    sim.kick(GUILD, BOT_ID);
    expect(await socket.event("WebSocketClosedEvent")).toMatchObject({ code: 4014, byRemote: true });
    const { state } = await player();
    expect(state).toMatchObject({ connected: false, ping: -1 });
    expect(state.position).toBeGreaterThan(100);
    await socket.patch(GUILD, { voice: voiceOf("bot again") });
    expect(await socket.event("TrackEndEvent")).toMatchObject({ reason: "finished" });
  });

  test("that cannot be had is an error, and the player stays usable", async () => {
    await using hasty = await startAudioNode({ password: PASSWORD, port: 0, joinTimeoutMs: 300 });
    const client = await openNodeSocket(hasty);
    const answer = await client.patch(GUILD, { voice: { ...voiceOf("bot"), endpoint: "127.0.0.1:1" } });
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ message: expect.stringContaining("127.0.0.1:1 could not be joined") });
    expect((await client.patch(GUILD, { volume: 20 })).body).toMatchObject({ volume: 20, state: { connected: false } });
    await client.close();
  });

  test("ends with DELETE, after the track", async () => {
    await socket.patch(GUILD, { voice: voiceOf("bot"), track: { identifier: "chirp.wav" } });
    await socket.next(isUpdate);
    await call(node, "DELETE", `/v4/sessions/${socket.sessionId}/players/${GUILD}`);
    expect(await socket.event("TrackEndEvent")).toMatchObject({ reason: "stopped" });
    await expect.poll(() => sim.getStats().sockets).toBe(1);
  });
});
