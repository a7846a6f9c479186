import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { createSeededRandom, systemClock, waitFor } from "@antiphon/std";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLavalink, type LavalinkOptions } from "../src/index.ts";
import { createFakeSignaling } from "./fake-signaling.ts";
import { eventually, openWorld, trackOf } from "./world.ts";

async function openClient(
  node: { host?: string; port: number; password?: string },
  options: Partial<LavalinkOptions> = {},
) {
  const lavalink = createLavalink({
    nodes: [{ host: "127.0.0.1", password: "youshallnotpass", ...node }],
    signaling: createFakeSignaling(),
    ...options,
  });
  onTestFinished(() => lavalink.close());
  return lavalink;
}

describe("connect", () => {
  test("says what is wrong with the password, and does not print it", async () => {
    const simulator = await startLavalinkSimulator();
    onTestFinished(() => simulator.close());
    const lavalink = await openClient({ port: simulator.port, password: "wrong-secret" });
    const error = await lavalink.connect().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "LAVALINK_NO_NODE", message: expect.stringContaining("401") });
    expect(JSON.stringify(error) + String(error)).not.toContain("wrong-secret");
  });

  test("says when nobody listens, and can be cancelled", async () => {
    const simulator = await startLavalinkSimulator();
    await simulator.close();
    const lavalink = await openClient({ port: simulator.port });
    await expect(lavalink.connect()).rejects.toMatchObject({ code: "LAVALINK_NO_NODE" });
    await expect(lavalink.connect({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    await expect(lavalink.load("x")).rejects.toMatchObject({ code: "LAVALINK_NO_NODE", retryable: true });
  });

  test("can be tried again when the Discord client is ready, and breaks nothing before", async () => {
    const simulator = await startLavalinkSimulator();
    onTestFinished(() => simulator.close());
    const known = createFakeSignaling();
    let isReady = false;
    const signaling = {
      ...known,
      get userId() {
        if (!isReady) throw new Error("not ready");
        return known.userId;
      },
    };
    const early = await openClient({ port: simulator.port }, { signaling });
    await expect(early.connect()).rejects.toThrow("not ready");
    await early.close();
    const lavalink = await openClient({ port: simulator.port }, { signaling });
    await expect(lavalink.connect()).rejects.toThrow("not ready");
    isReady = true;
    await lavalink.connect();
    expect(lavalink.nodes[0]?.ready).toBe(true);
  });

  test("tries anew what was refused or given up", async () => {
    const server = createServer((_request, response) => void response.writeHead(401).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    server.on("upgrade", (_request, socket: Socket) => void socket.end("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"));
    const refused = await openClient({ port });
    for (let turn = 0; turn < 2; turn++)
      await expect(refused.connect()).rejects.toMatchObject({ code: "LAVALINK_NO_NODE" });
    await expect(refused.load("x")).rejects.toMatchObject({
      code: "LAVALINK_NO_NODE",
      details: { reasons: { [`127.0.0.1:${port}`]: expect.stringContaining("status 401") } },
    });

    const gone = await startLavalinkSimulator();
    await gone.close();
    const lavalink = await openClient({ port: gone.port }, { reconnect: { maximumAttempts: 0 } });
    for (let turn = 0; turn < 2; turn++)
      await expect(lavalink.connect()).rejects.toMatchObject({ code: "LAVALINK_NO_NODE" });
  });

  test("ends when the client is closed meanwhile", async () => {
    // Takes connections and says nothing.
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const lavalink = await openClient({ port: (server.address() as AddressInfo).port });
    const connected = lavalink.connect();
    const [, socket] = (await once(server, "upgrade")) as [IncomingMessage, Socket];
    onTestFinished(() => void socket.destroy());
    const refused = expect(connected).rejects.toMatchObject({ code: "LAVALINK_CLOSED" });
    await lavalink.close();
    await refused;
  });

  test("needs a node, and a closed client stays closed", async () => {
    const create = (...nodes: readonly { name?: string; host: string; port: number }[]) =>
      createLavalink({
        nodes: nodes.map((node) => ({ password: "p", ...node })),
        signaling: createFakeSignaling(),
      });
    expect(() => create()).toThrow("nodes is empty");
    for (const host of ["http://x", "x:2333", "x/path", "", "[::1]"])
      expect(() => create({ host, port: 2333 })).toThrow(`nodes[0].host is ${JSON.stringify(host)}`);
    expect(() => create({ host: "x", port: 1 }, { host: "x", port: 99_999 })).toThrow("nodes[1].port is 99999");
    expect(() => create({ name: "a", host: "x", port: 1 }, { name: "a", host: "y", port: 1 })).toThrow('called "a"');
    await create({ host: "::1", port: 2333 }, { host: "müsik.example", port: 2333 }).close();
    const { lavalink } = await openWorld();
    await lavalink.close();
    await lavalink.close();
    await expect(lavalink.load("morning")).rejects.toMatchObject({ code: "LAVALINK_CLOSED" });
  });
});

describe("request", () => {
  test("says what cannot be sent, and what is no answer", async () => {
    const { lavalink, simulator } = await openWorld({ client: { clock: systemClock } });
    const invalid = { code: "LAVALINK_INVALID_ARGUMENT", retryable: false };
    await expect(lavalink.request({ method: "POST", path: "/x", body: { much: 1n } })).rejects.toMatchObject(invalid);
    await expect(lavalink.request({ method: "POST", path: "no slash" })).rejects.toMatchObject(invalid);
    const huge = "x".repeat(33 << 20);
    simulator.setRoute("GET", "/huge", () => ({ status: 200, body: huge }));
    await expect(lavalink.request({ method: "GET", path: "/huge" })).rejects.toMatchObject({
      code: "LAVALINK_BAD_RESPONSE",
    });
  });
});

describe("load", () => {
  test("gives tracks, searches, playlists, nothing, and the node's reason", async () => {
    const { simulator, lavalink } = await openWorld();
    const track = simulator.catalogue.load("morning");
    if (track.loadType !== "track") throw new Error("morning is a track");
    const info = { name: "Mix", selectedTrack: -1 };
    const exception = { message: "no", severity: "common", cause: "because" };
    simulator.catalogue.setLoadResult("list", {
      loadType: "playlist",
      data: { info, pluginInfo: {}, tracks: [track.data] },
    });
    simulator.catalogue.setLoadResult("bad", { loadType: "error", data: exception });
    expect(await lavalink.load("morning")).toMatchObject({ type: "track", track: { encoded: track.data.encoded } });
    expect(await lavalink.load("list")).toMatchObject({ type: "playlist", name: "Mix", selectedIndex: null });
    expect(await lavalink.search("harbour lights")).toMatchObject({
      type: "search",
      tracks: [{ info: { identifier: "harbour" } }],
    });
    expect(await lavalink.search("nothing such", "scsearch")).toEqual({ type: "empty" });
    expect(await lavalink.load("bad")).toEqual({ type: "error", exception });
    expect(simulator.requests.at(-2)?.query).toBe("identifier=scsearch%3Anothing%20such");
  });

  test("is tried again after a failure of the server, and honours Retry-After", async () => {
    const { simulator, lavalink } = await openWorld({ client: { clock: systemClock } });
    simulator.faults.failRequests({ status: 503, path: /loadtracks/, times: 2 });
    expect(trackOf(await lavalink.load("morning")).info.title).toBe("Morning Train");
    simulator.faults.failRequests({ status: 429, path: /loadtracks/, retryAfterSeconds: 0.01 });
    expect(trackOf(await lavalink.load("morning")).info.title).toBe("Morning Train");
    simulator.faults.failRequests({ status: 429, path: /loadtracks/, retryAfterSeconds: 3600 });
    await expect(lavalink.load("morning")).rejects.toMatchObject({
      code: "LAVALINK_RATE_LIMITED",
      details: { retryAfterMs: 3_600_000 },
    });
    simulator.faults.failRequests({ status: 500, path: /loadtracks/, times: 3 });
    await expect(lavalink.load("morning")).rejects.toMatchObject({
      code: "LAVALINK_SERVER_ERROR",
      details: { status: 500, body: { path: "/v4/loadtracks", status: 500 } },
    });
  });

  test("is given up in time, or when its signal aborts", async () => {
    const { simulator, lavalink } = await openWorld({
      simulator: { clock: systemClock },
      client: { clock: systemClock, requestTimeoutMs: 30 },
    });
    simulator.faults.latencyMs = 300;
    await expect(lavalink.load("morning")).rejects.toMatchObject({ code: "LAVALINK_TIMEOUT" });
    await expect(lavalink.load("morning", { signal: AbortSignal.timeout(5) })).rejects.toThrow(/timeout/i);
  });
});

test("a track is not sent twice when the node answers 500; if it plays all the same, that counts", async () => {
  const { simulator, lavalink, join, patches, next } = await openWorld();
  const player = await join();
  simulator.faults.failRequests({ status: 500, path: /players/ });
  await expect(player.play(trackOf(await lavalink.load("morning")))).rejects.toMatchObject({
    code: "LAVALINK_SERVER_ERROR",
  });
  expect(patches()).toHaveLength(1);
  expect(player.current).toBeNull();
  simulator.faults.failRequests({ status: 500, path: /players/, applied: true });
  const started = next("trackStart");
  expect((await player.play(trackOf(await lavalink.load("rain"))))?.info.identifier).toBe("rain");
  await started;
  expect(patches()).toHaveLength(2);
});

test("frames of plugins and broken frames are passed over", async () => {
  const { simulator, lavalink } = await openWorld();
  simulator.faults.sendRaw('{"op":"lyrics"}');
  simulator.faults.sendRaw("{");
  simulator.load.systemLoadRatio = 0.77;
  simulator.sendStats();
  await eventually(() => lavalink.nodes[0]?.stats?.cpu.systemLoad === 0.77);
});

test("new players avoid a busy node, and spread over idle ones at once", async () => {
  const { simulators, lavalink } = await openWorld({ nodes: 3 });
  const [, busy] = simulators;
  if (busy === undefined) throw new Error("three nodes were started");
  busy.load.systemLoadRatio = 0.9;
  busy.sendStats();
  await eventually(() => (lavalink.nodes[1]?.stats?.cpu.systemLoad ?? 0) > 0.5);
  for (let index = 0; index < 20; index++) {
    await lavalink.join({ guildId: String(100 + index), channelId: "5" });
  }
  const [first = 0, second = 0, third = 0] = lavalink.nodes.map((node) => node.players);
  expect([second, first + third]).toEqual([0, 20]);
  expect(Math.min(first, third)).toBeGreaterThanOrEqual(8);
});

test("a connection that fails at first is made later", async () => {
  const simulator = await startLavalinkSimulator();
  onTestFinished(() => simulator.close());
  simulator.faults.unreachable = true;
  const lavalink = await openClient(
    { port: simulator.port },
    { random: { ...createSeededRandom(1), next: () => 0.01 } },
  );
  await expect(lavalink.connect()).rejects.toMatchObject({ code: "LAVALINK_NO_NODE" });
  const ready = waitFor(lavalink, "nodeReady");
  simulator.faults.unreachable = false;
  await ready;
});

test("a new player goes to its region, to the highest priority there, and elsewhere when none of it is ready", async () => {
  const simulators = await Promise.all([1, 2, 3].map(() => startLavalinkSimulator()));
  onTestFinished(async () => void (await Promise.all(simulators.map((each) => each.close()))));
  const places = [
    { name: "us", region: "us", priority: 1 },
    { name: "eu", region: "eu" },
    { name: "eu-best", region: "eu", priority: 5 },
  ];
  const nodes = places.map((place, index) => ({ ...place, ...(simulators[index] as (typeof simulators)[number]) }));
  const lavalink = createLavalink({ nodes, signaling: createFakeSignaling(), random: createSeededRandom(5) });
  onTestFinished(() => lavalink.close());
  await lavalink.connect();
  await eventually(() => lavalink.nodes.every((node) => node.ready));
  const joinIn = async (guildId: string, region?: string) =>
    (await lavalink.join({ guildId: guildId, channelId: "5", ...(region ? { region } : {}) })).node;
  expect(await joinIn("1", "us")).toBe("us");
  expect(await joinIn("2", "eu")).toBe("eu-best");
  expect(await joinIn("3")).toBe("eu-best");
  expect(await joinIn("4", "mars")).toBe("eu-best");
});

test("a flood of positions is read whole and in order, and what comes after it too", async () => {
  const { simulator, lavalink, join, next } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  const positions: number[] = [];
  lavalink.on("playerUpdate", ({ positionMs }) => positions.push(positionMs));
  const message = next("nodeMessage");
  const FLOOD = 5_000;
  for (let index = 1; index <= FLOOD; index++) {
    const state = { time: 1, position: index, connected: true, ping: 7 };
    simulator.faults.sendRaw(JSON.stringify({ op: "playerUpdate", state, guildId: player.guildId }));
  }
  simulator.faults.sendRaw('{"op":"afterwards"}');
  expect((await message).name).toBe("afterwards");
  expect(positions.slice(-FLOOD)).toEqual(Array.from({ length: FLOOD }, (_, index) => index + 1));
});
