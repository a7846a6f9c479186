import { describeError, silentLogger, type LogFields } from "@antiphon/std";
import { expect, test } from "vitest";
import { createConnectionMemory } from "./shared-memory.ts";
import { createVoiceWorkers } from "./voice-workers.ts";

test("starts a thread for the first connection, shares it, and ends it after the last", async () => {
  const workers = createVoiceWorkers();
  expect(workers.running).toBe(0);
  const first = workers.lease(
    () => {},
    () => {},
  );
  const second = workers.lease(
    () => {},
    () => {},
  );
  expect(workers.running).toBe(1);
  await first.release();
  await first.release();
  expect(workers.running).toBe(1);
  await second.release();
  expect(workers.running).toBe(0);
});

test("spreads connections over its threads", async () => {
  const workers = createVoiceWorkers({ threads: 2 });
  const lines = Array.from({ length: 4 }, () =>
    workers.lease(
      () => {},
      () => {},
    ),
  );
  expect(workers.running).toBe(2);
  await Promise.all([lines[0]?.release(), lines[2]?.release()]);
  expect(workers.running).toBe(1);
  await Promise.all(lines.map((line) => line.release()));
  expect(workers.running).toBe(0);
});

test("a thread that may linger starts early, serves the next connection, and ends with the pool", async () => {
  const workers = createVoiceWorkers({ lingerMs: 60_000 });
  workers.warm();
  workers.warm();
  expect(workers.running).toBe(1);
  const line = workers.lease(
    () => {},
    () => {},
  );
  expect(workers.running).toBe(1);
  await line.release();
  expect(workers.running).toBe(1);
  await workers.close();
  expect(workers.running).toBe(0);
});

test("a thread is not cut short in its start: it ends by itself", async () => {
  const messages: unknown[] = [];
  const debug = (message: string, fields?: LogFields) => void messages.push([message, fields?.["exitCode"]]);
  const logger = { ...silentLogger, debug };
  const workers = createVoiceWorkers({ logger });
  const line = workers.lease(
    () => {},
    (error) => messages.push(describeError(error)),
  );
  await line.release();
  expect(messages).toEqual([
    ["A voice thread started", undefined],
    ["A voice thread ended", 0],
  ]);
  await workers.close();
});

test("a room that closes before it had credentials says so", async () => {
  const workers = createVoiceWorkers();
  const ended = Promise.withResolvers<unknown>();
  const line = workers.lease((report) => report.type === "ended" && ended.resolve(report.end), ended.reject);
  line.send({ type: "open", memory: createConnectionMemory(), ca: undefined });
  line.send({ type: "close" });
  expect(await ended.promise).toMatchObject({ kind: "requested" });
  await line.release();
});

test("a thread that crashes fails its connections, and the next one gets another thread", async () => {
  const workers = createVoiceWorkers();
  const failures: unknown[] = [];
  const crashed = Promise.withResolvers<void>();
  const neighbour = workers.lease(
    () => {},
    (error) => failures.push(error),
  );
  const line = workers.lease(
    () => {},
    (error) => {
      failures.push(error);
      crashed.resolve();
    },
  );
  // Memory that is none makes the room throw.
  line.send({ type: "open", memory: {} as never, ca: undefined });
  await crashed.promise;
  expect(failures).toHaveLength(2);
  expect(workers.running).toBe(0);
  const next = workers.lease(
    () => {},
    () => {},
  );
  expect(workers.running).toBe(1);
  await Promise.all([line.release(), neighbour.release(), next.release()]);
});

test.each([0, 1.5, Number.NaN])("refuses %d threads", (threads) => {
  expect(() => createVoiceWorkers({ threads })).toThrow(RangeError);
});
