import type { PlayerPatch, WirePlayer } from "@antiphon/protocol/lavalink";
import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { LavalinkError } from "./error.ts";
import { createPatchLane, mergePatches } from "./patch-lane.ts";

const answer: WirePlayer = {
  guildId: "1",
  volume: 100,
  paused: false,
  state: { time: 0, position: 0, connected: true, ping: 0 },
};

function createLane(resend = false) {
  const clock = createManualClock();
  const sent: PlayerPatch[] = [];
  const answers: PromiseWithResolvers<WirePlayer>[] = [];
  const lane = createPatchLane({
    guildId: "1",
    clock,
    waitLimitMs: 1000,
    send(patch, signal) {
      sent.push(patch);
      const deferred = Promise.withResolvers<WirePlayer>();
      signal.addEventListener("abort", () => deferred.reject(new Error("aborted")));
      answers.push(deferred);
      return deferred.promise;
    },
    shouldResend: () => Promise.resolve(resend),
    confirmed: () => {},
  });
  const settle = async (settleOne: (deferred: PromiseWithResolvers<WirePlayer>) => void) => {
    const deferred = answers.shift();
    if (deferred !== undefined) settleOne(deferred);
    await clock.advance(0);
  };
  return { clock, sent, lane, settle };
}

test("what comes while a patch is under way becomes one patch", async () => {
  const { sent, lane, settle } = createLane();
  const all = [
    lane.submit({ volume: 1 }),
    lane.submit({ volume: 2 }),
    lane.submit({ paused: true }),
    lane.submit({ volume: 3 }),
  ];
  expect(lane.unconfirmed).toEqual({ volume: 3, paused: true });
  await settle((deferred) => deferred.resolve(answer));
  await settle((deferred) => deferred.resolve(answer));
  await Promise.all(all);
  expect(sent).toEqual([{ volume: 1 }, { volume: 3, paused: true }]);
  expect(lane.unconfirmed).toEqual({});
});

test("a new track drops what was asked about the one before", () => {
  expect(mergePatches({ position: 5, endTime: 9, volume: 2 }, { track: { encoded: "b" } })).toEqual({
    volume: 2,
    track: { encoded: "b" },
  });
  expect(mergePatches({ track: { encoded: "b" } }, { position: 5 })).toEqual({ track: { encoded: "b" }, position: 5 });
});

test("a failure rejects its own batch only", async () => {
  const { sent, lane, settle } = createLane();
  const first = expect(lane.submit({ volume: 1 })).rejects.toThrow("refused");
  const second = lane.submit({ volume: 2 });
  await settle((deferred) => deferred.reject(new Error("refused")));
  await settle((deferred) => deferred.resolve(answer));
  await first;
  await second;
  expect(sent).toHaveLength(2);
});

test("a held lane takes back what is under way, and sends it merged when released", async () => {
  const { sent, lane, settle, clock } = createLane();
  const first = lane.submit({ volume: 1, paused: true });
  lane.hold();
  const second = lane.submit({ volume: 2 });
  await settle(() => {});
  await clock.advance(999);
  lane.release();
  await settle((deferred) => deferred.resolve(answer));
  await Promise.all([first, second]);
  expect(sent).toEqual([
    { volume: 1, paused: true },
    { volume: 2, paused: true },
  ]);
});

test("waiting has a limit", async () => {
  const { lane, clock } = createLane();
  lane.hold();
  const waiting = expect(lane.submit({ volume: 1 })).rejects.toMatchObject({ code: "LAVALINK_NODE_LOST" });
  await clock.advance(1000);
  await waiting;
  expect(lane.unconfirmed).toEqual({});
  expect(clock.pendingTimers).toBe(0);
});

test("resending has a limit", async () => {
  const { sent, lane, settle } = createLane(true);
  const submitted = expect(lane.submit({ volume: 1 })).rejects.toThrow("gone");
  for (let index = 0; index < 10; index++) await settle((deferred) => deferred.reject(new Error("gone")));
  await submitted;
  expect(sent).toHaveLength(4);
});

test("closing rejects what is under way, what waits and what comes", async () => {
  const { lane } = createLane();
  const gone = new LavalinkError("LAVALINK_PLAYER_DESTROYED", "gone");
  const refused = [lane.submit({ volume: 1 }), lane.submit({ volume: 2 })].map((each) =>
    expect(each).rejects.toBe(gone),
  );
  lane.close(gone);
  await Promise.all(refused);
  await expect(lane.submit({ volume: 3 })).rejects.toBe(gone);
});

test("a caller that goes away takes only itself out", async () => {
  const { sent, lane, settle } = createLane();
  const controller = new AbortController();
  const submitted = lane.submit({ volume: 1 }, controller.signal);
  controller.abort(new Error("left"));
  await expect(submitted).rejects.toThrow("left");
  await settle((deferred) => deferred.resolve(answer));
  expect(sent).toHaveLength(1);
  await expect(lane.submit({ volume: 2 }, controller.signal)).rejects.toThrow("left");
});
