import { once } from "node:events";
import { connect } from "node:net";
import { decodeTrack } from "@antiphon/protocol/lavalink";
import { createManualClock, createSeededRandom } from "@antiphon/std";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { createMockFactory, startLavalinkSimulator } from "../src/lavalink/index.ts";

const guildId = "81384788765712384";

async function openNode(seed = 1) {
  const clock = createManualClock();
  const simulator = await startLavalinkSimulator({ clock, random: createSeededRandom(seed) });
  onTestFinished(() => simulator.close());
  const headers = { Authorization: simulator.password, "User-Id": "1", "Client-Name": "test/1" };
  const open = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${simulator.port}/v4/websocket`, { headers });
    const ops: string[] = [];
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => ops.push((JSON.parse(data.toString()) as { readonly op: string }).op));
    await eventually(() => ops.includes("ready"));
    return { socket, ops };
  };
  const load = () => fetch(`${simulator.url}/v4/loadtracks?identifier=rain`, { headers });
  return { clock, simulator, open, load, headers };
}

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test("a client that hangs up in the middle of its request troubles nobody else", async () => {
  const { simulator, load } = await openNode();
  const half = connect(simulator.port, "127.0.0.1");
  half.on("error", () => {});
  half.write("PATCH /v4/sessions/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  await once(half, "connect");
  expect((await load()).status).toBe(200);
  half.destroy();
  expect((await load()).status).toBe(200);
  await simulator.close();
});

/** How many of a hundred statistics come through. */
async function received(messageLossRatio: number, seed = 1): Promise<number> {
  const { simulator, open } = await openNode(seed);
  const { ops } = await open();
  await eventually(() => ops.includes("stats"));
  simulator.faults.setRates({ messageLossRatio });
  const before = ops.length;
  for (let index = 0; index < 100; index++) simulator.sendStats();
  simulator.faults.setRates({ messageLossRatio: 0 });
  simulator.faults.sendRaw(JSON.stringify({ op: "last" }));
  await eventually(() => ops.at(-1) === "last");
  return ops.length - before - 1;
}

test("messages are withheld at the rate that was set, the same ones for the same seed", async () => {
  expect(await received(0)).toBe(100);
  expect(await received(1)).toBe(0);
  const some = await received(0.3, 4);
  expect(some).toBeGreaterThan(50);
  expect(some).toBeLessThan(90);
  expect(await received(0.3, 4)).toBe(some);
});

test("ready comes whatever is lost", async () => {
  const { simulator, open } = await openNode();
  simulator.faults.setRates({ messageLossRatio: 1 });
  expect((await open()).ops).toEqual(["ready"]);
});

test("requests wait for the latency, the jitter and a spike", async () => {
  const { clock, simulator, load } = await openNode();
  const { faults } = simulator;
  const waitedMs = async () => {
    const startMs = clock.monotonicMs();
    const state = { done: false };
    const answered = load().finally(() => (state.done = true));
    while (!state.done) {
      await clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await answered).status).toBe(200);
    return clock.monotonicMs() - startMs;
  };
  expect(faults.rates).toEqual({
    messageLossRatio: 0,
    latencySpikeRatio: 0,
    connectionDropRatio: 0,
    latencySpikeMs: 500,
  });
  faults.latencyMs = 2_500;
  expect(await waitedMs()).toBeGreaterThanOrEqual(2_500);
  faults.latencyMs = 0;
  faults.setRates({ latencySpikeRatio: 1, latencySpikeMs: 3_000 });
  expect(await waitedMs()).toBeGreaterThanOrEqual(3_000);
  faults.heal();
  faults.latencyMs = 1_000;
  faults.jitterMs = 50_000;
  const waits = [await waitedMs(), await waitedMs(), await waitedMs()];
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(1_000);
  faults.heal();
  expect([faults.jitterMs, faults.rates.latencySpikeRatio]).toEqual([0, 0]);
});

test("connections are cut instead of an answer or a message", async () => {
  const { simulator, open, load } = await openNode();
  const { socket } = await open();
  simulator.faults.setRates({ connectionDropRatio: 1 });
  await expect(load()).rejects.toThrow("fetch failed");
  const closed = once(socket, "close");
  simulator.sendStats();
  await closed;
  simulator.faults.heal();
  expect((await load()).status).toBe(200);
});

test("a rate outside 0 to 1 is refused", async () => {
  const { simulator } = await openNode();
  for (const ratio of [-0.1, 1.1, Number.NaN]) {
    expect(() => simulator.faults.setRates({ connectionDropRatio: ratio })).toThrow(RangeError);
  }
});

test("a mock factory makes the same tracks, playlists and results on every run", async () => {
  const make = (seed?: number) => {
    const factory = createMockFactory(seed === undefined ? {} : { seed });
    const track = factory.track({ title: "Test Track", author: "Test Artist", lengthMs: 180_000 });
    return { track, playlist: factory.playlist("Test Playlist", 5), results: factory.searchResults("test query", 10) };
  };
  const first = make();
  expect(make()).toEqual(first);
  expect(make(2).playlist).not.toEqual(first.playlist);
  expect(first.track.info).toMatchObject({
    title: "Test Track",
    author: "Test Artist",
    length: 180_000,
    isStream: false,
  });
  expect(decodeTrack(first.track.encoded)).toMatchObject({ title: "Test Track", lengthMs: 180_000n });
  const { data } = first.playlist;
  expect([data.info.name, data.tracks.length]).toEqual(["Test Playlist", 5]);
  expect(new Set(data.tracks.map(({ info }) => info.identifier))).toHaveLength(5);
  expect(first.results.data).toHaveLength(10);
  expect(first.results.data.every(({ info }) => info.title.includes("test query"))).toBe(true);
  expect(createMockFactory().track({ lengthMs: null }).info).toMatchObject({ isStream: true, isSeekable: false });
});

test("what a mock factory makes is loaded and played by the simulated node", async () => {
  const { simulator, headers } = await openNode();
  const playlist = createMockFactory().playlist("Evening", 2);
  simulator.catalogue.setLoadResult("evening", playlist);
  const answer = await fetch(`${simulator.url}/v4/loadtracks?identifier=evening`, { headers });
  expect(await answer.json()).toEqual(playlist);
  const socket = new WebSocket(`ws://127.0.0.1:${simulator.port}/v4/websocket`, { headers });
  await once(socket, "message");
  const [session] = simulator.sessions;
  const path = `/v4/sessions/${session?.sessionId}/players/${guildId}`;
  const body = JSON.stringify({ track: { encoded: playlist.data.tracks[0]?.encoded } });
  const played = await fetch(simulator.url + path, { method: "PATCH", headers, body });
  expect(await played.json()).toMatchObject({ track: { info: { title: playlist.data.tracks[0]?.info.title } } });
  socket.terminate();
});
