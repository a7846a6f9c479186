import { once } from "node:events";
import { createManualClock } from "@antiphon/std";
import {
  loadResult,
  message,
  parse,
  player,
  RESTGetAPIDecodeTrackResult,
  RESTGetAPINodeInfoResult,
  RESTGetAPINodeStatsResult,
  RESTGetAPIPlayersResult,
  RESTPatchAPISessionResult,
} from "lavalink-protocol";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { createMockFactory, startLavalinkSimulator } from "../src/lavalink/index.ts";

// Everything that the simulator emits is checked by schemas that other people wrote from Lavalink's own sources.

const guildId = "81384788765712384";
const voice = { token: "t", endpoint: "e", sessionId: "s", channelId: "1" };

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test("lavalink-protocol accepts every message and every answer of the simulator", async () => {
  const clock = createManualClock();
  const simulator = await startLavalinkSimulator({ clock });
  onTestFinished(() => simulator.close());
  const headers = { Authorization: simulator.password, "User-Id": "1", "Client-Name": "test/1" };
  const socket = new WebSocket(`ws://127.0.0.1:${simulator.port}/v4/websocket`, { headers });
  const seen: string[] = [];
  const failures: unknown[] = [];
  socket.on("message", (data: Buffer) => {
    const raw = JSON.parse(data.toString()) as { readonly op: string; readonly type?: string };
    try {
      parse(message, raw);
    } catch (error) {
      failures.push([raw, String(error)]);
    }
    seen.push(raw.type ?? raw.op);
  });
  await once(socket, "message");
  const call = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(simulator.url + path, init);
    expect(response.ok).toBe(true);
    return response.json();
  };
  const sessionPath = `/v4/sessions/${simulator.sessions[0]?.sessionId}`;
  const patch = async (body: unknown) => parse(player, await call("PATCH", `${sessionPath}/players/${guildId}`, body));
  const load = async (identifier: string) =>
    parse(loadResult, await call("GET", `/v4/loadtracks?identifier=${encodeURIComponent(identifier)}`));

  expect(parse(RESTPatchAPISessionResult, await call("PATCH", sessionPath, { resuming: true, timeout: 30 }))).toEqual({
    resuming: true,
    timeout: 30,
  });
  const exception = { message: "no", severity: "common" as const, cause: "x" };
  simulator.catalogue.setLoadResult("playlist", createMockFactory().playlist("Evening", 3));
  simulator.catalogue.setLoadResult("broken", { loadType: "error", data: exception });
  for (const identifier of ["rain", "radio", "ytsearch:simulated", "nothing", "playlist", "broken"])
    await load(identifier);
  const rain = simulator.catalogue.load("rain");
  const morning = simulator.catalogue.load("morning");
  if (rain.loadType !== "track" || morning.loadType !== "track") throw new Error("both are tracks");
  parse(
    RESTGetAPIDecodeTrackResult,
    await call("GET", `/v4/decodetrack?encodedTrack=${encodeURIComponent(rain.data.encoded)}`),
  );
  parse(RESTGetAPINodeInfoResult, await call("GET", "/v4/info"));
  parse(RESTGetAPINodeStatsResult, await call("GET", "/v4/stats"));

  await patch({ voice, track: { encoded: rain.data.encoded, userData: { nonce: "1" } }, volume: 50 });
  await patch({ filters: { timescale: { speed: 1.2 }, equalizer: [{ band: 0, gain: 0.2 }] }, paused: true });
  await patch({ position: 10_000, paused: false });
  await patch({ track: { encoded: morning.data.encoded } });
  await clock.advance(200_000);
  simulator.faults.failTrack("rain", { kind: "exception", atMs: 0 });
  await patch({ track: { encoded: rain.data.encoded } });
  await clock.advance(1);
  simulator.faults.failTrack("rain", { kind: "stuck", atMs: 1_000 });
  await patch({ track: { encoded: rain.data.encoded } });
  await clock.advance(1_000);
  simulator.faults.closeVoice(guildId, { code: 4014, reason: "Disconnected" });
  await patch({ track: { encoded: null } });
  parse(RESTGetAPIPlayersResult, await call("GET", `${sessionPath}/players`));
  simulator.sendStats();
  const every = [
    "ready",
    "stats",
    "playerUpdate",
    "TrackStartEvent",
    "TrackEndEvent",
    "TrackExceptionEvent",
    "TrackStuckEvent",
    "WebSocketClosedEvent",
  ];
  await eventually(() => every.every((name) => seen.includes(name)));
  expect(failures).toEqual([]);
  // It does refuse what is wrong.
  expect(() => parse(message, { op: "playerUpdate", guildId, state: { time: 1 } })).toThrow();
  socket.terminate();
});
