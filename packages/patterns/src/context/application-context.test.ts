import { EventEmitter } from "node:events";
import { createManualClock } from "@antiphon/std";
import { expect, test, vi } from "vitest";
import type { ApplicationContext } from "./application-context.ts";
import { createApplicationContext } from "./create-application-context.ts";
import { currentCaller, currentContext, requiresContext } from "./current-context.ts";

interface Services {
  database: { close?: () => unknown };
  cache: object;
  bot: object;
}

function setup() {
  const clock = createManualClock();
  const context = createApplicationContext<Services>({ clock });
  const log: string[] = [];
  const service = (name: keyof Services, dependsOn: readonly (keyof Services)[] = []) =>
    context.registerService(
      name,
      {},
      { dependsOn, start: () => log.push(`start ${name}`), stop: () => log.push(`stop ${name}`) },
    );
  return { clock, context, log, service };
}

test("a service is found by its name", () => {
  const { context } = setup();
  const database = {};
  context.registerService("database", database);
  expect(context.getService("database")).toBe(database);
});

test("services start after what they depend on and stop in reverse, with hooks around", async () => {
  const { context, log, service } = setup();
  service("bot", ["cache", "database"]);
  service("cache", ["database"]);
  service("database");
  context.addLifecycleHook({
    name: "hook",
    beforeInitialize: () => log.push("before start"),
    afterInitialize: () => log.push("after start"),
    beforeShutdown: () => log.push("before stop"),
    afterShutdown: () => log.push("after stop"),
  });
  const states: string[] = [];
  context.on("stateChange", ({ to }) => states.push(to));
  await context.initialize();
  await context.initialize();
  await context.close();
  await context.close();
  expect(log).toEqual([
    "before start",
    "start database",
    "start cache",
    "start bot",
    "after start",
    "before stop",
    "stop bot",
    "stop cache",
    "stop database",
    "after stop",
  ]);
  expect(states).toEqual(["starting", "running", "stopping", "closed"]);
});

test("a service without a stop is closed by its own close", async () => {
  const { context } = setup();
  const close = vi.fn();
  context.registerService("database", { close });
  await context.initialize();
  await context.close();
  expect(close).toHaveBeenCalledOnce();
});

test("a failed start stops what had begun and says why", async () => {
  const { context, log, service } = setup();
  service("database");
  context.registerService(
    "bot",
    {},
    { start: () => Promise.reject(new Error("no token")), stop: () => log.push("stop bot") },
  );
  service("cache", ["bot"]);
  await expect(context.initialize()).rejects.toMatchObject({
    code: "PATTERNS_START_FAILED",
    message: expect.stringContaining("no token"),
  });
  expect(log).toEqual(["start database", "stop bot", "stop database"]);
  expect(context.state).toBe("closed");
  await context.close();
});

test("a start that never ends meets its deadline, and its signal tells it", async () => {
  const { context, clock } = setup();
  let told: AbortSignal | undefined;
  context.registerService(
    "bot",
    {},
    {
      startTimeoutMs: 100,
      start: (_bot, signal) => {
        told = signal;
        return new Promise(() => {});
      },
    },
  );
  const started = expect(context.initialize()).rejects.toThrow(/"bot" did not end within 100 ms/);
  await clock.advance(100);
  await started;
  expect(told?.aborted).toBe(true);
  expect(clock.pendingTimers).toBe(0);
});

test("a stop that hangs or throws keeps no other from stopping", async () => {
  const { context, clock, log, service } = setup();
  service("database");
  context.registerService("cache", {}, { stopTimeoutMs: 50, stop: () => new Promise(() => {}) });
  context.registerService(
    "bot",
    {},
    {
      stop: () => {
        throw new Error("broken");
      },
    },
  );
  await context.initialize();
  const closed = expect(context.close()).rejects.toMatchObject({
    code: "PATTERNS_SHUTDOWN_FAILED",
    details: { services: ["bot", "cache"] },
  });
  await clock.advance(50);
  await closed;
  expect(log).toEqual(["start database", "stop database"]);
});

test("closing while it starts stops what began, and nothing more begins", async () => {
  const { context, log, service } = setup();
  const slow = Promise.withResolvers<void>();
  context.registerService("database", {}, { start: () => slow.promise, stop: () => log.push("stop database") });
  service("bot", ["database"]);
  const started = context.initialize().catch((error: unknown) => error);
  const closed = context.close();
  slow.resolve();
  expect(await started).toMatchObject({ code: "PATTERNS_START_FAILED", cause: { code: "PATTERNS_CLOSED" } });
  await closed;
  expect(log).toEqual(["stop database"]);
  await expect(createClosed()).rejects.toMatchObject({ code: "PATTERNS_CLOSED" });
});

async function createClosed() {
  const context = createApplicationContext();
  await context.close();
  await context.initialize();
}

test("cycles and missing services are named", async () => {
  const { context, service } = setup();
  service("bot", ["cache"]);
  await expect(context.initialize()).rejects.toThrow('There is no service "cache", which bot depends on');
  const second = setup();
  second.service("bot", ["cache"]);
  second.service("cache", ["bot"]);
  await expect(second.context.initialize()).rejects.toThrow("bot > cache > bot");
  expect(() => second.context.getService("database")).toThrow(/no service "database"/);
  expect(() => second.service("bot")).toThrow(/registered already/);
});

test("the current context and caller follow asynchronous calls", async () => {
  const { context } = setup();
  const whoAmI = requiresContext(async function whoAmI() {
    await Promise.resolve();
    return {
      same: currentContext() === (context as unknown),
      caller: currentCaller(),
      user: context.getCurrentUserId(),
    };
  });
  await expect(whoAmI()).rejects.toMatchObject({ code: "PATTERNS_CONTEXT_MISSING" });
  await expect(context.run(whoAmI)).rejects.toThrow(/"whoAmI" needs a running/);
  await context.initialize();
  const nested = context.run(() => context.run(whoAmI, { userId: "7" }), { guildId: "9" });
  expect(await nested).toEqual({ same: true, caller: { guildId: "9", userId: "7" }, user: "7" });
  expect(context.getCurrentUserId()).toBeUndefined();
  await context.close();
});

test("a signal closes the context, a second one ends the wait", async () => {
  const { context } = setup();
  const source = new EventEmitter();
  context.registerService("bot", {}, { stop: () => new Promise(() => {}) });
  await context.initialize();
  const result = Promise.withResolvers<unknown>();
  const listening = context.closeOnSignals({ source, onClosed: result.resolve });
  source.emit("SIGTERM");
  await vi.waitFor(() => expect(context.state).toBe("stopping"), { timeout: 60_000 });
  source.emit("SIGTERM");
  expect(await result.promise).toMatchObject({ message: expect.stringContaining("second signal") });
  listening[Symbol.dispose]();
  expect(source.listenerCount("SIGTERM")).toBe(0);
});

test("await using closes it", async () => {
  let kept: ApplicationContext<object> | undefined;
  {
    await using context = createApplicationContext();
    await context.initialize();
    kept = context;
  }
  expect(kept.state).toBe("closed");
});

/** A context whose bot does not stop cleanly, and what its block ends with after `inside` has run. */
async function leaveAfter(inside: (context: ApplicationContext<Services>) => unknown) {
  const { context } = setup();
  context.registerService("bot", {}, { stop: () => Promise.reject(new Error("still playing")) });
  const leave = async () => {
    await using inner = context;
    await inner.initialize();
    await inside(inner);
  };
  return leave().catch((error: unknown) => error);
}

test("leaving the block throws what failed in the shutdown, unless somebody was told before", async () => {
  const failure = { code: "PATTERNS_SHUTDOWN_FAILED", message: expect.stringContaining("still playing") };
  expect(await leaveAfter(() => {})).toMatchObject(failure);

  const told: unknown[] = [];
  expect(
    await leaveAfter((context) => context.close().catch((error: unknown) => void told.push(error))),
  ).toBeUndefined();

  const source = new EventEmitter();
  const closeOn = (onClosed?: (error: unknown) => void) => (context: ApplicationContext<Services>) => {
    context.closeOnSignals({ source, ...(onClosed === undefined ? {} : { onClosed }) });
    source.emit("SIGTERM");
  };
  expect(await leaveAfter(closeOn((error) => void told.push(error)))).toBeUndefined();
  expect(told).toMatchObject([failure, failure]);
  source.removeAllListeners();
  // Nobody listened to this one.
  expect(await leaveAfter(closeOn())).toMatchObject(failure);
});
