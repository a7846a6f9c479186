import { createManualClock, createSeededRandom, type LogFields, type Logger, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { ExternalServiceError, SecurityError, ValidationError } from "./domain-errors.ts";
import { errorContext, runInErrorContext } from "./error-context.ts";
import { createErrorManager, defaultErrorManager } from "./error-manager.ts";
import { LogLevels } from "../logging/log-level.ts";
import { ErrorSeverities, isAtLeast } from "./error-severity.ts";
import { handleErrors } from "./handle-errors.ts";

function setup(options: { historyLimit?: number; logger?: Logger } = {}) {
  const clock = createManualClock({ startMs: 1_000 });
  return { clock, manager: createErrorManager({ clock, random: createSeededRandom(1), ...options }) };
}

test("an error is recorded with its context, its stage and without secrets", async () => {
  const { manager } = setup();
  const failing = errorContext("input", { userId: "7" })(async () => {
    throw new ValidationError("too long for token=abcdef", { details: { length: 2 } });
  });
  const error = await failing().catch((failure: unknown) => failure);
  const { record, recovered } = await manager.handleError(error, { guildId: "9", password: "p" });
  expect(recovered).toBe(false);
  expect(record).toEqual({
    atMs: 1_000,
    code: "PATTERNS_VALIDATION_FAILED",
    severity: "warning",
    message: "PATTERNS_VALIDATION_FAILED: too long for token=[redacted]",
    retryable: false,
    context: { stages: ["input"], userId: "7", guildId: "9", password: "[redacted]" },
    recoveryAttempts: 0,
  });
});

test("the innermost stage of an error wins", async () => {
  const { manager } = setup();
  const error = await runInErrorContext("outer", { requestId: "1" }, () =>
    runInErrorContext("inner", {}, () => {
      throw new Error("no");
    }),
  ).catch((failure: unknown) => failure);
  expect((await manager.handleError(error)).record.context).toEqual({ stages: ["outer", "inner"], requestId: "1" });
});

test("the history is bounded, filtered and counted", async () => {
  const { manager } = setup({ historyLimit: 3 });
  await manager.handleError(new SecurityError("a"));
  await manager.handleError(new ValidationError("b"));
  await manager.handleError(new TypeError("c"));
  await manager.handleError("just text");
  expect(manager.history().map(({ code }) => code)).toEqual(["PATTERNS_VALIDATION_FAILED", "TypeError", "UNKNOWN"]);
  expect(manager.history({ minimumSeverity: "error", limit: 1 }).map(({ message }) => message)).toEqual(["just text"]);
  expect(manager.statistics()).toEqual({
    total: 4,
    recovered: 0,
    byCode: { PATTERNS_SECURITY_VIOLATION: 1, PATTERNS_VALIDATION_FAILED: 1, TypeError: 1, UNKNOWN: 1 },
    bySeverity: { critical: 1, warning: 1, error: 2 },
    dropped: 1,
  });
});

test("recovery waits as long as the service asks, then backs off, then gives its value", async () => {
  const { manager, clock } = setup();
  const triesAtMs: number[] = [];
  manager.registerRecovery({
    name: "reconnect",
    matches: (error) => error instanceof ExternalServiceError,
    jitterRatio: 0,
    recover: (_error, { number }) => {
      triesAtMs.push(clock.monotonicMs());
      if (number < 3) throw new Error("still down");
      return "up again";
    },
  });
  const error = new ExternalServiceError("down", { service: "lastfm", details: { retryAfterMs: 5_000 } });
  const outcome = manager.handleError(error);
  await clock.advance(60_000);
  expect(await outcome).toMatchObject({ recovered: true, value: "up again", record: { recoveredBy: "reconnect" } });
  expect(triesAtMs).toEqual([5_000, 6_000, 8_000]);
  expect(manager.statistics()).toMatchObject({ recovered: 1 });
});

test("a recovery that never succeeds ends, also at once when the signal aborts", async () => {
  const { manager, clock } = setup();
  manager.registerRecovery({
    name: "hopeless",
    matches: () => true,
    maximumAttempts: 2,
    recover: () => Promise.reject(new Error("no")),
  });
  const outcome = manager.handleError(new Error("x"));
  await clock.advance(60_000);
  expect(await outcome).toMatchObject({ recovered: false, record: { recoveryAttempts: 2 } });

  const controller = new AbortController();
  const cut = manager.handleError(new Error("y"), {}, { signal: controller.signal });
  await clock.advance(0);
  controller.abort();
  expect(await cut).toMatchObject({ recovered: false, record: { recoveryAttempts: 1 } });
  expect(clock.pendingTimers).toBe(0);
});

test("a strategy that fails to match stops nothing, and a disposed one is gone", async () => {
  const { manager } = setup();
  manager.registerRecovery({
    name: "broken",
    matches: () => {
      throw new Error("bug");
    },
    recover: () => 0,
  });
  const removable = manager.registerRecovery({ name: "good", matches: () => true, recover: () => 1 });
  expect(await manager.handleError(new Error("x"))).toMatchObject({ recovered: true, value: 1 });
  removable[Symbol.dispose]();
  expect(await manager.handleError(new Error("x"))).toMatchObject({ recovered: false });
});

test("errors are logged at their level and told to listeners", async () => {
  const lines: [string, string, LogFields | undefined][] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => lines.push(["warn", message, fields]),
    error: (message, fields) => lines.push(["error", message, fields]),
  };
  const { manager } = setup({ logger });
  const told: string[] = [];
  manager.on("errorHandled", ({ record }) => told.push(record.code));
  await manager.handleError(new ValidationError("v"), { userId: "1" });
  await manager.handleError(new SecurityError("s"));
  expect(lines.map(([level]) => level)).toEqual(["warn", "error"]);
  expect(lines[0]?.[2]).toMatchObject({ code: "PATTERNS_VALIDATION_FAILED", userId: "1" });
  expect(told).toEqual(["PATTERNS_VALIDATION_FAILED", "PATTERNS_SECURITY_VIOLATION"]);
});

test("handleErrors sends an error to its manager once, however often it is wrapped, and throws it on", async () => {
  const { manager } = setup();
  const failing = handleErrors(manager)(
    handleErrors(manager)(async function risky() {
      throw new Error("no");
    }),
  );
  await expect(failing()).rejects.toThrow("no");
  expect(manager.history()).toMatchObject([{ context: { operation: "risky" } }]);
});

test("handleErrors gives what a strategy returns, and works without a manager", async () => {
  const { manager } = setup();
  manager.registerRecovery({ name: "default", matches: () => true, recover: () => 42 });
  expect(
    await handleErrors(manager)(async (): Promise<number> => {
      throw new Error("no");
    })(),
  ).toBe(42);
  const before = defaultErrorManager().statistics().total;
  await expect(handleErrors()(() => Promise.reject(new Error("no")))()).rejects.toThrow("no");
  expect(defaultErrorManager().statistics().total).toBe(before + 1);
});

test("a history that cannot be kept is refused", () => {
  expect(() => createErrorManager({ historyLimit: -1 })).toThrow(/historyLimit.*-1/);
});

test("severities are ordered, and are the words of the log levels", () => {
  expect(ErrorSeverities).toEqual(["trace", "debug", "info", "warning", "error", "critical", "fatal"]);
  expect(ErrorSeverities).toEqual(LogLevels);
  for (const [index, severity] of ErrorSeverities.entries())
    expect(ErrorSeverities.map((floor) => isAtLeast(severity, floor))).toEqual(
      ErrorSeverities.map((_, floor) => index >= floor),
    );
});
