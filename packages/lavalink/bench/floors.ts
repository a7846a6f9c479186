import { performance } from "node:perf_hooks";
import { Pool } from "undici";
import { WebSocket } from "ws";
import { startNodeProcess, type NodeHandle } from "./node-handle.ts";
import { guilds, sampleTrack, WARM_POSITIONS } from "./scenarios.ts";

// What the same work costs with no client at all: what no client on the same socket library and HTTP library can be below.

const PASSWORD = "youshallnotpass";

async function openSession(node: NodeHandle) {
  const headers = { authorization: PASSWORD, "user-id": "1000", "client-name": "floor/1" };
  const socket = new WebSocket(`ws://127.0.0.1:${node.port}/v4/websocket`, { headers, perMessageDeflate: false });
  const ready = await new Promise<string>((resolve) => socket.once("message", (data: Buffer) => resolve(String(data))));
  return { socket, sessionId: (JSON.parse(ready) as { readonly sessionId: string }).sessionId };
}

/** Microseconds of CPU for a position that is received, and not even looked at. */
export async function updateFloor(players: number, rounds: number): Promise<number> {
  const node = await startNodeProcess();
  const { socket } = await openSession(node);
  const receive = async (count: number) => {
    const all = Promise.withResolvers<void>();
    let left = count * players;
    const onMessage = () => --left === 0 && all.resolve();
    socket.on("message", onMessage);
    await node.order({ kind: "updates", guildIds: guilds(players), rounds: count });
    await all.promise;
    socket.off("message", onMessage);
  };
  await receive(Math.ceil(WARM_POSITIONS / players));
  const before = process.cpuUsage();
  await receive(rounds);
  const { user, system } = process.cpuUsage(before);
  socket.terminate();
  node.close();
  return (user + system) / (players * rounds);
}

/** Milliseconds of the request of a play alone: median and 99th percentile. */
export async function playFloor(plays: number): Promise<{ readonly p50: number; readonly p99: number }> {
  const node = await startNodeProcess();
  const { socket, sessionId } = await openSession(node);
  const pool = new Pool(`http://127.0.0.1:${node.port}`);
  const headers = { authorization: PASSWORD, "content-type": "application/json" };
  const voice = { token: "t", endpoint: "voice.invalid:443", sessionId: "s", channelId: "81384788765712385" };
  const body = JSON.stringify({ voice, track: { encoded: sampleTrack().encoded }, paused: false, volume: 100 });
  const guildIds = guilds(20);
  const timesMs: number[] = [];
  for (let index = 0; index < plays + 100; index++) {
    const path = `/v4/sessions/${sessionId}/players/${guildIds[index % 20]}`;
    const startedMs = performance.now();
    const answer = await pool.request({ method: "PATCH", path, headers, body });
    await answer.body.text();
    if (index >= 100) timesMs.push(performance.now() - startedMs);
  }
  const sorted = timesMs.toSorted((left, right) => left - right);
  await pool.destroy();
  socket.terminate();
  node.close();
  const at = (ratio: number) => sorted[Math.floor(sorted.length * ratio)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
