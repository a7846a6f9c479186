import { createManualClock, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import type { SubscribeOptions } from "./bus-stream.ts";
import type { BusMessage } from "./bus-message.ts";
import { createLaneRunner } from "./lane-runner.ts";

function setUp(options: SubscribeOptions, handler: (message: BusMessage) => Promise<void> | void) {
  const clock = createManualClock();
  const counts = { delivered: 0, redelivered: 0, abandoned: 0, deadLetters: 0, repeated: 0 };
  const log: string[] = [];
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const runner = createLaneRunner({ durable: "d", ...options, handler, counts, clock, logger });
  const grave = { isShut: false };
  const give = (sequence: number, more: Partial<BusMessage> = {}) => {
    const message = { subject: "x", data: new Uint8Array(), headers: {}, id: "", attempt: 1, publishedAtMs: 0 };
    runner.accept({
      message: { ...message, sequence, ...more },
      done: () => log.push(`done ${sequence}`),
      giveBack: () => log.push(`back ${sequence}`),
      bury: async ({ reason, attempts }) => {
        if (grave.isShut) throw new Error("no room");
        log.push(`buried ${sequence} ${reason} ${attempts}`);
      },
    });
  };
  return { clock, counts, log, warnings, grave, runner, give };
}

test("what was handled is not handled again, by id or by sequence, as far as the memory goes", async () => {
  const handled: number[] = [];
  const { clock, counts, log, give } = setUp({ duplicateMemory: 2 }, ({ sequence }) => void handled.push(sequence));
  give(1, { id: "a" });
  give(2);
  await clock.advance(0);
  give(3, { id: "a" });
  give(2);
  await clock.advance(0);
  expect(handled).toEqual([1, 2]);
  expect(log).toEqual(["done 1", "done 2", "done 3", "done 2"]);
  expect(counts).toMatchObject({ delivered: 2, repeated: 2 });
  give(4);
  give(5);
  give(6, { id: "a" });
  await clock.advance(0);
  expect(handled).toEqual([1, 2, 4, 5, 6]);
});

test("what comes again while it is in work is left to the one that works on it", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, counts, log, give, runner } = setUp({}, () => gate.promise);
  give(1);
  give(1, { attempt: 2 });
  expect(runner.size).toBe(1);
  gate.resolve();
  await clock.advance(0);
  expect(log).toEqual(["done 1"]);
  expect(counts.repeated).toBe(1);
});

test("the pauses between attempts are as told, the last one repeating", async () => {
  const atMs: number[] = [];
  const { clock, give, log } = setUp({ backoffMs: [10, 50], maximumAttempts: 4 }, () => {
    atMs.push(clock.monotonicMs());
    throw new Error("no");
  });
  give(1);
  await clock.advance(1_000);
  expect(atMs).toEqual([0, 10, 60, 110]);
  expect(log).toEqual(["buried 1 attempts 4"]);
});

test("a message that outlived all its subscribers is buried without another try", async () => {
  const handled: number[] = [];
  const { clock, give, log } = setUp({ maximumAttempts: 3 }, ({ sequence }) => void handled.push(sequence));
  give(1, { attempt: 4 });
  await clock.advance(0);
  expect(handled).toEqual([]);
  expect(log).toEqual(["buried 1 attempts 4"]);
});

test("a dead letter that the bus does not take is tried again, and given back at the end", async () => {
  const { clock, counts, give, grave, log, warnings, runner } = setUp({ maximumAttempts: 1 }, () => {
    throw new Error("no");
  });
  grave.isShut = true;
  give(1);
  give(2);
  await clock.advance(3_000);
  expect(log).toEqual([]);
  expect(new Set(warnings)).toEqual(new Set(["dead letter not kept"]));
  expect(warnings.length).toBeLessThan(6);
  expect(counts).toMatchObject({ abandoned: 0, deadLetters: 0 });
  grave.isShut = false;
  await clock.advance(1_000);
  expect(log).toEqual(["buried 1 attempts 1", "buried 2 attempts 1"]);
  expect(counts).toMatchObject({ abandoned: 2, deadLetters: 2 });
  grave.isShut = true;
  give(3);
  await clock.advance(0);
  await runner.close();
  expect(log.at(-1)).toBe("back 3");
});

test("a lane function that throws puts the message into the common lane", async () => {
  const handled: number[] = [];
  const laneOf = () => {
    throw new Error("no lane");
  };
  const { clock, give } = setUp({ laneOf }, ({ sequence }) => void handled.push(sequence));
  give(1);
  give(2);
  await clock.advance(0);
  expect(handled).toEqual([1, 2]);
});

test("closing gives back what waits, in order, also out of a pause", async () => {
  const { clock, give, log, runner } = setUp({ laneOf: ({ id }) => id }, ({ sequence }) => {
    if (sequence === 1) throw new Error("no");
  });
  give(1, { id: "a" });
  give(2, { id: "a" });
  give(4, { id: "a" });
  await clock.advance(0);
  await runner.close();
  await runner.close();
  expect(log).toEqual(["back 1", "back 2", "back 4"]);
  give(5);
  expect(log.at(-1)).toBe("back 5");
});
