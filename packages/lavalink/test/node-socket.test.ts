import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { createManualClock } from "@antiphon/std";
import { expect, onTestFinished, test } from "vitest";
import { createLavalink } from "../src/index.ts";
import { openNodeSocket } from "../src/node-socket.ts";
import { createFakeSignaling } from "./fake-signaling.ts";

const HEARTBEAT_MS = 60_000;

/** A socket to a simulated node which has said `ready`. */
async function openSocket() {
  const clock = createManualClock();
  const simulator = await startLavalinkSimulator();
  onTestFinished(() => simulator.close());
  const ready = Promise.withResolvers<void>();
  const socket = openNodeSocket({
    url: `ws://127.0.0.1:${simulator.port}/v4/websocket`,
    headers: { Authorization: simulator.password, "User-Id": "1", "Client-Name": "test/1" },
    handshakeTimeoutMs: 60_000,
    heartbeatMs: HEARTBEAT_MS,
    clock,
    onFrame(frame) {
      if (frame.includes('"ready"')) ready.resolve();
      return false;
    },
  });
  onTestFinished(() => socket.abort());
  await ready.promise;
  return { clock, simulator, socket };
}

test("a node that is there answers, one that froze is cut after two seconds", async () => {
  const { clock, simulator, socket } = await openSocket();
  expect(await socket.answersPing()).toBe(true);
  simulator.faults.freezeSockets();
  const answered = socket.answersPing();
  await clock.advance(2_000);
  expect(await answered).toBe(false);
  expect((await socket.closed).code).toBe(1006);
  expect(await socket.answersPing()).toBe(false);
  expect(clock.pendingTimers).toBe(0);
});

test("a socket lives as long as pongs come, and is cut after two intervals without", async () => {
  const { clock, simulator, socket } = await openSocket();
  for (let beat = 0; beat < 3; beat++) {
    await clock.advance(HEARTBEAT_MS);
    // Answered after the heartbeat's own ping, so that has been heard of by then.
    expect(await socket.answersPing()).toBe(true);
  }
  simulator.faults.freezeSockets();
  await clock.advance(2 * HEARTBEAT_MS);
  expect((await socket.closed).code).toBe(1006);
  expect(clock.pendingTimers).toBe(0);
});

test("a password that cannot be a header ends the node, says so, and is not printed", async () => {
  const nodes = [{ host: "127.0.0.1", port: 1, password: "hunter2\r\nX: y" }];
  const lavalink = createLavalink({ nodes, signaling: createFakeSignaling() });
  onTestFinished(() => lavalink.close());
  const error = await lavalink.connect().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "LAVALINK_NO_NODE", message: expect.stringContaining('header "Authorization"') });
  expect(String(error)).not.toContain("hunter2");
});
