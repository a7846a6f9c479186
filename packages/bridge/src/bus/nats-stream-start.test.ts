import { JetStreamApiError } from "@nats-io/jetstream";
import { TimeoutError } from "@nats-io/transport-node";
import { createManualClock } from "@antiphon/std";
import { expect, test, vi } from "vitest";
import { findOrMake, readThroughElection, untilElected } from "./nats-stream-start.ts";

const refusal = (err_code: number) =>
  new JetStreamApiError({ code: 503, err_code, description: `refusal ${err_code}` });
const MISSING = 10_059;
const NAME_IN_USE = 10_058;

test("a cluster without a leader is asked again until it has one", async () => {
  const clock = createManualClock();
  const ask = vi.fn<() => Promise<string>>();
  for (const code of [10_008, 10_005, 10_009]) ask.mockRejectedValueOnce(refusal(code));
  ask.mockRejectedValueOnce(new TimeoutError()).mockResolvedValueOnce("ready");
  const answer = untilElected(ask, { clock });
  await clock.advance(5_000);
  expect(await answer).toBe("ready");
  expect(ask).toHaveBeenCalledTimes(5);
});

test("one that never has a leader is given up, and so is any other failure at once", async () => {
  const clock = createManualClock();
  const answer = untilElected(() => Promise.reject(refusal(10_008)), { clock }).catch(String);
  await clock.advance(31_000);
  expect(await answer).toContain("refusal 10008");
  const ask = vi.fn(() => Promise.reject(refusal(10_039)));
  await expect(untilElected(ask, { clock })).rejects.toThrow("refusal 10039");
  expect(ask).toHaveBeenCalledOnce();
});

test("a read goes on once there is a leader, and fails at once where nobody answers", async () => {
  const clock = createManualClock();
  const read = vi.fn<() => Promise<string>>();
  read.mockRejectedValueOnce(refusal(10_008)).mockResolvedValueOnce("value");
  const answer = readThroughElection(read, { clock });
  await clock.advance(1_000);
  expect(await answer).toBe("value");
  read.mockRejectedValueOnce(new TimeoutError());
  await expect(readThroughElection(read, { clock })).rejects.toThrow(TimeoutError);
});

test("waiting ends with the signal", async () => {
  const clock = createManualClock();
  const controller = new AbortController();
  const answer = untilElected(() => Promise.reject(refusal(10_008)), { clock, signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(answer).rejects.toThrow("enough");
});

test("who loses the race to make a stream, or asks while the cluster elects, finds it in the end", async () => {
  const clock = createManualClock();
  const find = vi.fn<() => Promise<string>>();
  find.mockRejectedValueOnce(refusal(MISSING)).mockRejectedValueOnce(refusal(10_008)).mockResolvedValueOnce("theirs");
  const make = vi.fn(() => Promise.reject(refusal(NAME_IN_USE)));
  const found = findOrMake(find, make, { clock });
  await clock.advance(5_000);
  expect(await found).toBe("theirs");
  expect(make).toHaveBeenCalledOnce();
});
