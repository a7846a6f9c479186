import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createManualClock, createSeededRandom } from "@antiphon/std";
import { expect, onTestFinished, test } from "vitest";
import { createLavalink, LavalinkError, tracksOf, type LavalinkEvent, type QueuedTrack } from "../src/index.ts";
import { createFakeSignaling } from "./fake-signaling.ts";
import { channelId, eventually, guildId, openWorld, trackOf } from "./world.ts";

async function placeTwenty(pooling: boolean | undefined): Promise<readonly number[]> {
  const { lavalink } = await openWorld({ nodes: 3, client: pooling === undefined ? {} : { pooling } });
  for (let index = 0; index < 20; index++) {
    await lavalink.join({ guildId: String(100 + index), channelId });
  }
  return lavalink.nodes.map((node) => node.players);
}

test("pooling spreads players over the nodes; without it they go to the first one that is ready", async () => {
  for (const pooling of [true, undefined]) {
    const players = await placeTwenty(pooling);
    expect(Math.min(...players)).toBeGreaterThanOrEqual(3);
  }
  expect(await placeTwenty(false)).toEqual([20, 0, 0]);
});

test("without pooling the players of a dead node move all the same", async () => {
  const { lavalink, simulators, join, next } = await openWorld({ nodes: 2, client: { pooling: false } });
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  const moved = next("playerMoved");
  simulators[0]?.faults.restart();
  (simulators[0] as (typeof simulators)[number]).faults.unreachable = true;
  expect(await moved).toMatchObject({ from: "node0", to: "node1" });
});

test("a node is given up after as many attempts as the policy allows, each later than the one before", async () => {
  const clock = createManualClock();
  const sockets: number[] = [];
  const server = createServer((socket) => {
    sockets.push(clock.monotonicMs());
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const lavalink = createLavalink({
    nodes: [{ host: "127.0.0.1", port: (server.address() as AddressInfo).port, password: "p" }],
    signaling: createFakeSignaling(),
    clock,
    reconnect: { maximumAttempts: 5, growth: "exponential", baseMs: 1_000, maximumMs: 6_000, jitterRatio: 0 },
  });
  onTestFinished(() => lavalink.close());
  const events: LavalinkEvent[] = [];
  for (const type of ["nodeLost", "nodeGivenUp"] as const) lavalink.on(type, (event) => events.push(event));
  await expect(lavalink.connect()).rejects.toMatchObject({ code: "LAVALINK_NO_NODE" });
  while (!events.some(({ type }) => type === "nodeGivenUp")) {
    await clock.advance(500);
    // A closed socket is told by the operating system, in its own time.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(events).toMatchObject([{ type: "nodeLost" }, { type: "nodeGivenUp", attempts: 5 }]);
  expect(sockets).toHaveLength(6);
  const pauses = sockets.slice(1).map((atMs, index) => atMs - (sockets[index] ?? 0));
  for (const [index, atLeastMs] of [1_000, 2_000, 4_000, 6_000, 6_000].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(atLeastMs);
  }
  await clock.advance(60_000);
  expect(sockets).toHaveLength(6);
});

test("secure makes the first bytes a TLS handshake, and by default they are HTTP", async () => {
  const firstBytes = async (secure?: boolean) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const lavalink = createLavalink({
      nodes: [{ host: "127.0.0.1", port, password: "p", ...(secure === undefined ? {} : { secure }) }],
      signaling: createFakeSignaling(),
      reconnect: { maximumAttempts: 0 },
    });
    const connecting = lavalink.connect().catch(() => {});
    const [socket] = (await once(server, "connection")) as [Socket];
    const [chunk] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    server.close();
    await connecting;
    await lavalink.close();
    return chunk;
  };
  const TLS_HANDSHAKE = 0x16;
  expect((await firstBytes(true))[0]).toBe(TLS_HANDSHAKE);
  for (const secure of [false, undefined]) {
    expect((await firstBytes(secure)).toString("latin1")).toMatch(/^GET \/v4\/websocket HTTP\/1\.1\r\n/);
  }
});

test("an asynchronous listener hears one type of event, and its failure stops nobody", async () => {
  const { lavalink, join } = await openWorld();
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  onTestFinished(() => void process.off("warning", onWarning));
  const heard: string[] = [];
  const listener = async ({ track }: { readonly track: QueuedTrack }) => {
    await Promise.resolve();
    heard.push(track.info.title);
    throw new Error("a listener failed");
  };
  lavalink.on("trackStart", (event): unknown => listener(event));
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  await eventually(() => heard.length === 1 && warnings.length === 1);
  expect(String(warnings[0])).toContain("a listener failed");
  await player.play(trackOf(await lavalink.load("rain")));
  await eventually(() => heard.length === 2);
  expect(heard).toEqual(["Morning Train", "Rain on Tin"]);
});

test("a listener that belongs to a scope hears nothing after it", async () => {
  const { lavalink, join, events } = await openWorld();
  const player = await join();
  const heard: string[] = [];
  const starts = () => events.filter(({ type }) => type === "trackStart").length;
  {
    using _subscription = lavalink.on("trackStart", ({ track }) => heard.push(track.info.title));
    await player.play(trackOf(await lavalink.load("morning")));
    await eventually(() => starts() === 1);
  }
  await player.play(trackOf(await lavalink.load("rain")));
  await eventually(() => starts() === 2);
  expect(heard).toEqual(["Morning Train"]);
});

test("voiceUpdate tells each change of the voice connection, and its end", async () => {
  const { events, join, signaling } = await openWorld();
  const player = await join();
  signaling.server(guildId, "moved.invalid:443", "t2");
  await player.leave();
  const updates = () => events.filter(({ type }) => type === "voiceUpdate");
  await eventually(() => updates().length === 3);
  expect(updates()).toEqual([
    { type: "voiceUpdate", guildId, channelId, endpoint: "voice.invalid:443" },
    { type: "voiceUpdate", guildId, channelId, endpoint: "moved.invalid:443" },
    { type: "voiceUpdate", guildId, channelId: null, endpoint: null },
  ]);
});

test("an error says whether it is about the protocol, a node, a player or a track", async () => {
  const { lavalink, simulator, join } = await openWorld();
  const kindOf = async (operation: () => unknown) => {
    try {
      await operation();
    } catch (error) {
      expect(error).toBeInstanceOf(LavalinkError);
      const { kind, code } = error as LavalinkError;
      return [kind, code];
    }
    return undefined;
  };
  const player = await join();
  const broken = { loadType: "nonsense" } as never;
  simulator.catalogue.setLoadResult("broken", broken);
  expect(await kindOf(() => lavalink.load("broken"))).toEqual(["protocol", "LAVALINK_BAD_RESPONSE"]);
  const exception = { message: "age restricted", severity: "common", cause: "x" };
  simulator.catalogue.setLoadResult("refused", { loadType: "error", data: exception });
  expect(await kindOf(async () => tracksOf(await lavalink.load("refused")))).toEqual(["track", "LAVALINK_LOAD_FAILED"]);
  expect(tracksOf(await lavalink.load("nothing at all"))).toEqual([]);
  expect(tracksOf(await lavalink.search("harbour")).map(({ info }) => info.identifier)).toEqual(["harbour"]);
  await player.leave();
  expect(await kindOf(() => player.pause())).toEqual(["player", "LAVALINK_PLAYER_DESTROYED"]);
  const wrong = createLavalink({
    nodes: [{ host: "127.0.0.1", port: simulator.port, password: "wrong" }],
    signaling: createFakeSignaling(),
    random: createSeededRandom(1),
  });
  onTestFinished(() => wrong.close());
  expect(await kindOf(() => wrong.connect())).toEqual(["node", "LAVALINK_NO_NODE"]);
});
