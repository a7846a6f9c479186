import { startAudioNode, type AudioNode } from "@antiphon/audio-node";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createChirpWav } from "./chirp.ts";
import { call, openNodeSocket, PASSWORD } from "./node-client.ts";

let music: string;
let node: AudioNode;
let clock: ManualClock;

beforeEach(async () => {
  music = await mkdtemp(join(tmpdir(), "antiphon-session-"));
  await writeFile(join(music, "chirp.wav"), createChirpWav(500));
  clock = createManualClock();
  node = await startAudioNode({ password: PASSWORD, port: 0, musicDirectory: music, clock });
});
afterEach(async () => {
  await node.close();
  await rm(music, { recursive: true });
});

const play = { track: { identifier: "chirp.wav" } };
const isStats = (message: { readonly op: string }) => message.op === "stats";
const isUpdate = (message: { readonly op: string }) => message.op === "playerUpdate";

/** Waits until the node has noticed that a socket is gone. */
async function untilDetached(sessionId: string): Promise<void> {
  while ((await call(node, "GET", `/v4/sessions/${sessionId}/players`)).status !== 404);
}

test("says ready, then how loaded it is, at once and each minute", async () => {
  const socket = await openNodeSocket(node);
  expect(socket.sessionId).toMatch(/^[a-z0-9]{16}$/);
  expect(socket.headers).toMatchObject({ "session-resumed": "false", "lavalink-api-version": "4" });
  await socket.next(isStats);
  await clock.advance(60_000);
  expect(await socket.next(isStats)).toMatchObject({ uptime: 60_000, players: 0 });
  await socket.close();
});

test("tells the position when a track starts and every five seconds until it ends", async () => {
  const socket = await openNodeSocket(node);
  await socket.patch("1", play);
  expect(await socket.next(isUpdate)).toMatchObject({
    guildId: "1",
    state: { time: clock.now(), connected: false, ping: -1 },
  });
  for (let round = 0; round < 3; round++) {
    await clock.advance(5000);
    await socket.next(isUpdate);
  }
  await socket.patch("1", { track: { encoded: null } });
  await socket.next(isUpdate);
  const before = socket.messages.filter(isUpdate).length;
  await clock.advance(60_000);
  await socket.next(isStats);
  await socket.next(isStats);
  expect(socket.messages.filter(isUpdate).length).toBe(before);
  await socket.close();
});

test("gives up a track that nobody can hear after a minute", async () => {
  const socket = await openNodeSocket(node);
  await socket.patch("1", play);
  await clock.advance(60_000);
  expect(await socket.event("TrackEndEvent")).toMatchObject({ reason: "cleanup" });
  await socket.close();
});

describe("resuming", () => {
  test("brings back the session with all that was missed, once", async () => {
    const first = await openNodeSocket(node);
    const path = `/v4/sessions/${first.sessionId}`;
    expect((await call(node, "PATCH", path, {})).body).toEqual({ resuming: false, timeout: 60 });
    expect((await call(node, "PATCH", path, { resuming: true, timeout: 90 })).body).toEqual({
      resuming: true,
      timeout: 90,
    });
    expect((await call(node, "PATCH", path, { timeout: -1 })).status).toBe(400);
    await first.patch("1", play);
    first.cut();
    await untilDetached(first.sessionId);
    await clock.advance(60_000);

    const second = await openNodeSocket(node, { "session-id": first.sessionId });
    expect(second).toMatchObject({ resumed: true, sessionId: first.sessionId, headers: { "session-resumed": "true" } });
    expect(await second.event("TrackEndEvent")).toMatchObject({ reason: "cleanup" });
    await second.next(isUpdate);
    expect(second.messages.map((message) => message.op).slice(0, 4)).toEqual([
      "ready",
      "event",
      "playerUpdate",
      "stats",
    ]);
    expect((await call(node, "GET", `${path}/players`)).body).toMatchObject([{ guildId: "1" }]);
    await second.close();
  });

  test("ends with its time", async () => {
    const first = await openNodeSocket(node);
    await call(node, "PATCH", `/v4/sessions/${first.sessionId}`, { resuming: true, timeout: 10 });
    first.cut();
    await untilDetached(first.sessionId);
    await clock.advance(10_000);
    const second = await openNodeSocket(node, { "session-id": first.sessionId });
    expect(second.resumed).toBe(false);
    expect(second.sessionId).not.toBe(first.sessionId);
    await second.close();
  });

  test("is not for sessions that did not ask for it, are connected, or are another bot's", async () => {
    const plain = await openNodeSocket(node);
    plain.cut();
    await untilDetached(plain.sessionId);
    const resuming = await openNodeSocket(node, { "session-id": plain.sessionId });
    expect(resuming.resumed).toBe(false);
    await call(node, "PATCH", `/v4/sessions/${resuming.sessionId}`, { resuming: true });
    const other = await openNodeSocket(node, { "session-id": resuming.sessionId });
    expect(other.resumed).toBe(false);
    resuming.cut();
    await untilDetached(resuming.sessionId);
    const thief = await openNodeSocket(node, { "session-id": resuming.sessionId, "user-id": "222" });
    expect(thief.resumed).toBe(false);
    await other.close();
    await thief.close();
  });
});

test("a closed node lets go of its clients, and can be closed again", async () => {
  const socket = await openNodeSocket(node);
  await socket.patch("1", play);
  await node.close();
  await node.close();
  await expect(call(node, "GET", "/version")).rejects.toThrow();
  expect(clock.pendingTimers).toBe(0);
});
