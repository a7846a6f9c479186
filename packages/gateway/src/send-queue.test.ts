import { createManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { GatewayError } from "./gateway-error.ts";
import { createSendQueue } from "./send-queue.ts";

function setUp(limit = 1_000) {
  const clock = createManualClock();
  const sent: { readonly text: string; readonly atMs: number }[] = [];
  const queue = createSendQueue({
    shardId: 0,
    limit,
    clock,
    write: (text) => sent.push({ text, atMs: clock.monotonicMs() }),
  });
  return { clock, sent, queue };
}

describe("createSendQueue", () => {
  it("keeps commands until the shard is ready, then sends them in order", async () => {
    const { sent, queue } = setUp();
    const both = Promise.all([queue.push("1", undefined), queue.push("2", undefined)]);
    expect(sent).toEqual([]);
    queue.start(41_250);
    await both;
    expect(sent.map(({ text }) => text)).toEqual(["1", "2"]);
  });

  it("never sends more than 120 frames in any minute, heartbeats included", async () => {
    const { clock, sent, queue } = setUp();
    const heartbeatMs = 10_000;
    queue.start(heartbeatMs);
    const all = Promise.all(Array.from({ length: 300 }, (_, index) => queue.push(String(index), undefined)));
    await clock.advance(200_000);
    await all;
    for (const { atMs } of sent) {
      const inWindow = sent.filter((other) => other.atMs >= atMs && other.atMs < atMs + 60_000).length;
      expect(inWindow + 60_000 / heartbeatMs).toBeLessThanOrEqual(120);
    }
    expect(queue.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("starts a new count on each connection", async () => {
    const { sent, queue } = setUp();
    queue.start(41_250);
    for (let index = 0; index < 200; index++) void queue.push("", undefined);
    const first = sent.length;
    queue.pause();
    queue.start(41_250);
    expect(sent.length).toBe(Math.min(200, first * 2));
  });

  it("refuses what would not fit, and forgets what was aborted", async () => {
    const { queue } = setUp(2);
    const abort = new AbortController();
    const first = queue.push("1", abort.signal);
    void queue.push("2", undefined).catch(() => {});
    await expect(queue.push("3", undefined)).rejects.toMatchObject({ code: "GATEWAY_SEND_QUEUE_FULL" });
    abort.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(queue.size).toBe(1);
    const error = new GatewayError("GATEWAY_CLOSED", "closed");
    queue.close(error);
    await expect(queue.push("4", undefined)).rejects.toBe(error);
  });
});
