import { once } from "node:events";
import type { EventMessage, NodeMessage } from "@antiphon/protocol/lavalink";
import {
  decodeMessage,
  loadResultSchema,
  nodeInfoSchema,
  statsSchema,
  wirePlayerSchema,
} from "@antiphon/protocol/lavalink";
import { createManualClock } from "@antiphon/std";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { startLavalinkSimulator, type LavalinkSimulator } from "../src/lavalink/index.ts";

const guildId = "81384788765712384";
const voice = { token: "t", endpoint: "e", sessionId: "s", channelId: "1" };

async function openNode() {
  const clock = createManualClock();
  const simulator = await startLavalinkSimulator({ clock });
  onTestFinished(() => simulator.close());
  const result = simulator.catalogue.load("rain");
  if (result.loadType !== "track") throw new Error("rain is a track");
  return { clock, simulator, encoded: result.data.encoded };
}

async function openSocket(simulator: LavalinkSimulator, sessionId?: string) {
  const headers = { Authorization: simulator.password, "User-Id": "1", "Client-Name": "test/1" };
  const socket = new WebSocket(`ws://127.0.0.1:${simulator.port}/v4/websocket`, {
    headers: sessionId === undefined ? headers : { ...headers, "Session-Id": sessionId },
  });
  const messages: NodeMessage[] = [];
  socket.on("message", (data: Buffer) => {
    const decoded = decodeMessage(data.toString());
    if (decoded.kind !== "message") throw new Error(`not a Lavalink message: ${data.toString()}`);
    messages.push(decoded.message);
  });
  const upgraded = once(socket, "upgrade");
  await eventually(() => messages.length >= 2);
  const [response] = (await upgraded) as [{ readonly headers: Record<string, string> }];
  const [ready] = messages;
  if (ready?.op !== "ready") throw new Error("ready comes first");
  const events = () => messages.filter((message): message is EventMessage => message.op === "event");
  return { socket, messages, events, sessionId: ready.sessionId, ready, headers: response.headers };
}

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

async function call(
  simulator: LavalinkSimulator,
  method: string,
  path: string,
  body?: unknown,
  authorization?: string,
) {
  const response = await fetch(simulator.url + path, {
    method,
    headers: { Authorization: authorization ?? simulator.password, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text,
  };
}

test("ready comes first, then statistics, then statistics each minute", async () => {
  const { clock, simulator } = await openNode();
  const { messages, ready, headers } = await openSocket(simulator);
  expect(ready).toEqual({ op: "ready", resumed: false, sessionId: expect.stringMatching(/^[a-z0-9]{16}$/) });
  expect(headers).toMatchObject({ "lavalink-api-version": "4", "session-resumed": "false" });
  await clock.advance(60_000);
  await eventually(() => messages.length === 3);
  expect(messages.map((message) => message.op)).toEqual(["ready", "stats", "stats"]);
});

test.each([
  [{ "User-Id": "1" }, "401"],
  [{ Authorization: "wrong", "User-Id": "1" }, "401"],
  [{ Authorization: "youshallnotpass" }, "400"],
  [{ Authorization: "youshallnotpass", "User-Id": "0" }, "400"],
])("refuses the handshake %j with %s", async (headers, status) => {
  const { simulator } = await openNode();
  const socket = new WebSocket(`ws://127.0.0.1:${simulator.port}/v4/websocket`, { headers });
  const [error] = (await once(socket, "error")) as [Error];
  expect(error.message).toContain(status);
});

test("a track over a track ends as replaced before the next starts", async () => {
  const { simulator, encoded } = await openNode();
  const { events, sessionId } = await openSocket(simulator);
  const path = `/v4/sessions/${sessionId}/players/${guildId}`;
  const first = await call(simulator, "PATCH", path, { track: { encoded, userData: { mark: 1 } }, voice, volume: 50 });
  expect(wirePlayerSchema.parse(first.body)).toMatchObject({
    guildId,
    volume: 50,
    voice,
    track: { userData: { mark: 1 } },
  });
  await call(simulator, "PATCH", path, { track: { encoded }, paused: true });
  await call(simulator, "PATCH", `${path}?noReplace=true`, { track: { encoded } });
  await call(simulator, "PATCH", path, { track: { encoded: null } });
  await eventually(() => events().length === 5 - 1);
  expect(events().map((event) => [event.type, "reason" in event ? event.reason : ""])).toEqual([
    ["TrackStartEvent", ""],
    ["TrackEndEvent", "replaced"],
    ["TrackStartEvent", ""],
    ["TrackEndEvent", "stopped"],
  ]);
});

test("time runs only with a voice connection and without a pause", async () => {
  const { clock, simulator, encoded } = await openNode();
  const { events, sessionId } = await openSocket(simulator);
  const path = `/v4/sessions/${sessionId}/players/${guildId}`;
  const position = () => simulator.players[0]?.state.position;
  await call(simulator, "PATCH", path, { track: { encoded } });
  await clock.advance(10_000);
  expect(position()).toBe(0);
  await call(simulator, "PATCH", path, { voice });
  await clock.advance(10_000);
  await call(simulator, "PATCH", path, { paused: true });
  await clock.advance(10_000);
  expect(position()).toBe(10_000);
  await call(simulator, "PATCH", path, { paused: false, position: 90_000, endTime: 93_000 });
  await clock.advance(3_000);
  await eventually(() => events().some((event) => event.type === "TrackEndEvent" && event.reason === "finished"));
});

test("a track that nobody hears is cleaned up after a minute", async () => {
  const { clock, simulator, encoded } = await openNode();
  const { events, sessionId } = await openSocket(simulator);
  await call(simulator, "PATCH", `/v4/sessions/${sessionId}/players/${guildId}`, { track: { encoded } });
  await clock.advance(60_000);
  await eventually(() => events().some((event) => event.type === "TrackEndEvent" && event.reason === "cleanup"));
});

test("a session that resumes is not found meanwhile, and replays all but positions", async () => {
  const { clock, simulator, encoded } = await openNode();
  const first = await openSocket(simulator);
  const session = `/v4/sessions/${first.sessionId}`;
  expect((await call(simulator, "PATCH", session, { resuming: true, timeout: 120 })).body).toEqual({
    resuming: true,
    timeout: 120,
  });
  await call(simulator, "PATCH", `${session}/players/${guildId}`, { track: { encoded }, voice });
  first.socket.terminate();
  await eventually(() => simulator.sessions.every((each) => !each.connected));
  expect(await call(simulator, "GET", `${session}/players`)).toMatchObject({
    status: 404,
    body: { message: "Session not found" },
  });
  await clock.advance(95_000);
  const second = await openSocket(simulator, first.sessionId);
  await eventually(() => second.messages.some((message) => message.op === "playerUpdate"));
  expect(second.headers["session-resumed"]).toBe("true");
  expect(second.messages.map((message) => message.op).slice(0, 2)).toEqual(["ready", "event"]);
  expect(second.ready.resumed).toBe(true);
  second.socket.terminate();
  await eventually(() => simulator.sessions.every((each) => !each.connected));
  await clock.advance(120_000);
  expect(simulator.sessions).toEqual([]);
  expect((await openSocket(simulator, first.sessionId)).ready.resumed).toBe(false);
});

test("refuses what Lavalink refuses, with its body", async () => {
  const { simulator, encoded } = await openNode();
  const { sessionId } = await openSocket(simulator);
  const path = `/v4/sessions/${sessionId}/players/${guildId}`;
  const refused = async (body: unknown) => (await call(simulator, "PATCH", path, body)).status;
  expect(await refused({ track: { encoded, identifier: "rain" } })).toBe(400);
  expect(await refused({ track: { identifier: "nothing such" } })).toBe(400);
  expect(await refused({ track: { encoded: "garbage" } })).toBe(400);
  expect(await refused({ track: { encoded }, encodedTrack: encoded })).toBe(400);
  expect(await refused({ voice: { ...voice, channelId: "" } })).toBe(400);
  expect(await refused({ volume: 1001 })).toBe(400);
  expect(await refused({ endTime: 0 })).toBe(400);
  expect(await refused("text")).toBe(400);
  expect(simulator.players).toEqual([]);
  expect((await call(simulator, "GET", path)).body).toEqual({
    timestamp: expect.any(Number),
    status: 404,
    error: "Not Found",
    message: "Player not found",
    path,
  });
  expect((await call(simulator, "DELETE", path)).status).toBe(204);
  expect((await call(simulator, "GET", "/v4/info", undefined, "wrong")).status).toBe(403);
  expect((await call(simulator, "GET", "/v4/nothing?trace=true")).body).toMatchObject({
    status: 404,
    trace: expect.any(String),
  });
});

test("loads, decodes and describes itself in Lavalink's shapes", async () => {
  const { simulator, encoded } = await openNode();
  expect((await call(simulator, "GET", "/version")).body).toBe("4.2.2");
  const info = await call(simulator, "GET", "/v4/info");
  expect(nodeInfoSchema.parse(info.body).sourceManagers).toContain("http");
  expect(info.headers.get("lavalink-api-version")).toBe("4");
  expect(statsSchema.parse((await call(simulator, "GET", "/v4/stats")).body).frameStats).toBeNull();
  const load = async (identifier: string) =>
    loadResultSchema.parse(
      (await call(simulator, "GET", `/v4/loadtracks?identifier=${encodeURIComponent(identifier)}`)).body,
    );
  expect(await load("rain")).toMatchObject({ loadType: "track", data: { encoded } });
  expect(await load("https://music.invalid/rain")).toMatchObject({ loadType: "track" });
  expect(await load("ytsearch:simulated")).toMatchObject({ loadType: "search", data: [{}, {}] });
  expect(await load("nothing")).toEqual({ loadType: "empty", data: null });
  expect((await call(simulator, "GET", "/v4/loadtracks")).status).toBe(400);
  const decoded = await call(simulator, "GET", `/v4/decodetrack?encodedTrack=${encodeURIComponent(encoded)}`);
  expect(decoded.body).toMatchObject({ encoded, info: { title: "Rain on Tin", length: 95_000 } });
  expect((await call(simulator, "POST", "/v4/decodetracks", [encoded])).body).toHaveLength(1);
  expect((await call(simulator, "POST", "/v4/decodetracks", [])).status).toBe(400);
});
