import { AntiphonError, createManualClock, createSeededRandom, isAntiphonError } from "@antiphon/std";
import { describe, expect, expectTypeOf, it, vi } from "vitest";
import { CoreError, type CoreErrorCode } from "../core-error.ts";
import { connectFailure, fetchFailure } from "../request-failure.ts";
import { createErrorContext } from "./error-context.ts";
import { createErrorHandler, type ErrorHandlerOptions } from "./error-handler.ts";
import { errorTable, findErrorRule } from "./error-table.ts";

function failure(details: Readonly<Record<string, unknown>>, retryable = false) {
  return new AntiphonError("TEST_FAILED", "It failed", { details, retryable });
}

function setup(options: ErrorHandlerOptions = {}) {
  const clock = createManualClock({ startMs: 0 });
  return { clock, handler: createErrorHandler({ clock, random: createSeededRandom(1), ...options }) };
}

describe("the table of errors", () => {
  it.each([
    [400, "correct", false, false],
    [401, "authenticate", false, true],
    [403, "permit", false, true],
    [404, "forget", false, false],
    [429, "wait", true, true],
    [500, "retry", true, false],
    [502, "retry", true, false],
    [503, "retry", true, false],
  ])("HTTP %i: %s", (status, action, retryable, countsAsInvalid) => {
    expect(errorTable.http.get(status)).toMatchObject({ source: "http", action, retryable, countsAsInvalid });
  });

  it.each([
    [4000, "resume"],
    [4001, "resume"],
    [4002, "resume"],
    [4003, "identify"],
    [4004, "fail"],
    [4005, "resume"],
    [4007, "identify"],
    [4008, "resume"],
    [4009, "identify"],
    [4010, "fail"],
    [4011, "fail"],
    [4012, "fail"],
    [4013, "fail"],
    [4014, "fail"],
  ])("gateway %i: %s", (closeCode, action) => {
    const row = errorTable.gateway.get(closeCode);
    expect(row).toMatchObject({ source: "gateway", action, retryable: action !== "fail" });
    expect(row?.meaning).not.toBe("");
  });

  it.each([
    [10003, "forget", false],
    [10062, "forget", false],
    [20016, "wait", true],
    [40060, "forget", false],
    [50001, "permit", false],
    [50013, "permit", false],
    [50035, "correct", false],
    [110000, "wait", true],
    [130000, "retry", true],
  ])("JSON %i: %s", (code, action, retryable) => {
    expect(errorTable.json.get(code)).toMatchObject({ source: "json", action, retryable });
  });

  it("has a name and a sentence for every JSON code that is documented", () => {
    expect(errorTable.json.size).toBeGreaterThan(200);
    for (const { code, name, meaning } of errorTable.json.values()) {
      expect([code, name, meaning]).toEqual([
        code,
        expect.stringMatching(/^\w+$/),
        expect.stringMatching(/ .+\.$|^\w+\.$/),
      ]);
    }
    expect(errorTable.json.get(10003)?.meaning).toBe("Unknown Channel.");
  });

  it("is looked up by what an error or its cause carries, the JSON code first", () => {
    expect(findErrorRule(failure({ status: 403, discordCode: 50013 }))).toMatchObject({ source: "json", code: 50013 });
    const wrapped = new CoreError("CORE_REQUEST_FAILED", "x", { cause: failure({ status: 502 }) });
    expect(findErrorRule(wrapped)).toMatchObject({ source: "http", code: 502 });
    expect(findErrorRule(failure({ closeCode: 4009 }))).toMatchObject({ source: "gateway", action: "identify" });
    expect(findErrorRule(failure({ closeCode: 1006 }))).toMatchObject({ action: "resume" });
    expect(findErrorRule(failure({ status: 599 }))).toMatchObject({ action: "retry" });
    expect(findErrorRule(failure({ status: 418 }))).toMatchObject({ action: "correct" });
    expect([findErrorRule(failure({})), findErrorRule(new Error("x")), findErrorRule(undefined)]).toEqual(
      Array(3).fill(undefined),
    );
  });
});

describe("an error's context", () => {
  it("knows code, severity, message and where it was thrown", () => {
    const error = new AntiphonError("TEST_FAILED", "It failed", { severity: "critical" });
    const context = createErrorContext(error);
    expect(context).toMatchObject({ code: "TEST_FAILED", severity: "critical", message: "TEST_FAILED: It failed" });
    expect(context.file).toContain("errors.test.ts");
    expect(context.line).toBeGreaterThan(1);
    expect(Object.isFrozen(context)).toBe(true);
    const named = (function failing() {
      return createErrorContext(new TypeError("broken"));
    })();
    expect(named).toMatchObject({ code: "TypeError", severity: "error", message: "broken", function: "failing" });
    expect(createErrorContext("text")).toMatchObject({ code: "UNKNOWN", message: "text", file: undefined });
  });

  it("is read from a message of any length", () => {
    // With a search that starts anew at each line and looks at all that follow, this takes minutes.
    const message = "\n".repeat(400_000);
    expect(createErrorContext(new Error(message))).toMatchObject({ file: expect.stringContaining("errors.test.ts") });
  });

  it("gets guild, channel, user and request in copies", () => {
    const bare = createErrorContext(new Error("x"));
    const full = bare.withGuildId("1").withChannelId("2").withUserId("3").withRequestId("4");
    expect(full).toMatchObject({ guildId: "1", channelId: "2", userId: "3", requestId: "4", message: "x" });
    expect(bare).toMatchObject({ guildId: undefined, channelId: undefined, userId: undefined, requestId: undefined });
  });
});

describe("an error handler", () => {
  it("records, counts and tells", () => {
    const lines: unknown[] = [];
    const note = (level: string) => (message: string) => lines.push(`${level} ${message}`);
    const logger = {
      trace: note("trace"),
      debug: note("debug"),
      info: note("info"),
      warn: note("warn"),
      error: note("error"),
    };
    const { handler } = setup({ logger });
    const seen: unknown[] = [];
    handler.on("error", ({ record }) => seen.push(record.context.guildId));
    const record = handler.handle(failure({ status: 403 }), { guildId: "1", requestId: "9" });
    handler.handle(new AntiphonError("TEST_FAILED", "odd", { severity: "warning" }));
    handler.handle(new TypeError("broken"));
    expect(record).toMatchObject({
      timestampMs: 0,
      context: { code: "TEST_FAILED", guildId: "1", requestId: "9" },
      decision: { action: "permit", retry: false, delayMs: 0 },
    });
    expect(seen).toEqual(["1", undefined, undefined]);
    expect(lines).toEqual(["error TEST_FAILED: It failed", "warn TEST_FAILED: odd", "error broken"]);
    expect(handler.stats()).toEqual({
      total: 3,
      byCode: { TEST_FAILED: 2, TypeError: 1 },
      bySeverity: { error: 2, warning: 1 },
      retries: 0,
      recoveries: 0,
      dropped: 0,
    });
    expect(handler.history({ severity: "warning" })).toHaveLength(1);
  });

  it("keeps a bounded history and counts what it drops", () => {
    const { handler } = setup({ maximumHistory: 2 });
    for (const text of ["a", "b", "c"]) handler.handle(new Error(text));
    expect(handler.history().map(({ context }) => context.message)).toEqual(["b", "c"]);
    expect(handler.stats()).toMatchObject({ total: 3, dropped: 1 });
    handler.close();
    handler.close();
    expect(handler.history()).toEqual([]);
  });

  it("never throws, whatever it is given", () => {
    const { handler } = setup();
    for (const thrown of [undefined, null, 7, "text", Object.create(null), Symbol("s")]) handler.handle(thrown);
    expect(handler.stats().byCode).toEqual({ UNKNOWN: 6 });
  });

  it("bounds the codes that it counts", () => {
    const { handler } = setup({ maximumHistory: 0 });
    for (let index = 0; index < 1_100; index++) handler.handle(new AntiphonError(`CODE_${index}`, "x"));
    expect(Object.keys(handler.stats().byCode)).toHaveLength(1_001);
    expect(handler.stats().byCode["OTHER"]).toBe(100);
  });

  it("repeats what may succeed, with growing delays, and counts the recovery", async () => {
    const { clock, handler } = setup({ recovery: { jitter: false } });
    let attempts = 0;
    const result = handler.execute(async () => {
      attempts++;
      if (attempts < 4) throw failure({ status: 503 });
      return attempts;
    });
    await clock.advance(1_000);
    expect(attempts).toBe(2);
    await clock.advance(2_000);
    expect(attempts).toBe(3);
    await clock.advance(4_000);
    expect(await result).toBe(4);
    expect(handler.stats()).toMatchObject({ total: 3, retries: 3, recoveries: 1 });
  });

  it("gives up after the last retry, at once where repeating changes nothing, and never before Retry-After", async () => {
    const { clock, handler } = setup({ recovery: { maximumRetries: 1, baseDelayMs: 10, jitter: false } });
    const refused = failure({ status: 401 }, true);
    await expect(handler.execute(() => Promise.reject(refused))).rejects.toBe(refused);
    const limited = failure({ status: 429, retryAfterMs: 5_000 });
    let attempts = 0;
    const result = handler.execute(() => {
      attempts++;
      return Promise.reject(limited);
    });
    const settled = expect(result).rejects.toBe(limited);
    await clock.advance(4_999);
    expect(attempts).toBe(1);
    await clock.advance(1);
    await settled;
    expect(attempts).toBe(2);
  });

  it("stops waiting when the signal aborts", async () => {
    const { clock, handler } = setup();
    const controller = new AbortController();
    const result = handler.execute(() => Promise.reject(failure({}, true)), { signal: controller.signal });
    const settled = expect(result).rejects.toThrow("enough");
    await clock.advance(0);
    controller.abort(new Error("enough"));
    await settled;
    expect(clock.pendingTimers).toBe(0);
  });

  it("wants sensible numbers", () => {
    expect(() => setup({ maximumHistory: -1 })).toThrow(
      expect.objectContaining({
        code: "CORE_OPTION_INVALID",
        details: { path: "maximumHistory", value: -1, minimum: 0 },
      }),
    );
    expect(() => setup({ recovery: { backoffRatio: 0.5 } })).toThrow(/backoffRatio/);
  });
});

describe("an error of this package", () => {
  it("is of a closed set of kinds, which another copy of the package recognises", async () => {
    expectTypeOf<string>().not.toExtend<CoreErrorCode>();
    expectTypeOf<"CORE_CLOSED">().toExtend<CoreErrorCode>();
    vi.resetModules();
    const copy = await import("../core-error.ts");
    const { isAntiphonError: recognises } = await import("@antiphon/std");
    const theirs = new copy.CoreError("CORE_CLOSED", "x");
    expect([theirs instanceof CoreError, theirs instanceof AntiphonError]).toEqual([false, false]);
    expect([isAntiphonError(theirs, "CORE_CLOSED"), recognises(new CoreError("CORE_CLOSED", "x"))]).toEqual([
      true,
      true,
    ]);
    expect(isAntiphonError(theirs, "CORE_TOKEN_MISSING")).toBe(false);
  });
});

describe("a failure of the system", () => {
  it("is wrapped with its cause, unlike one of the network or the gateway", () => {
    const ofSystem = Object.assign(new Error("too many open files"), { code: "EMFILE", syscall: "open", errno: -24 });
    expect(connectFailure(ofSystem)).toMatchObject({
      code: "CORE_SYSTEM_FAILED",
      retryable: false,
      cause: ofSystem,
      details: { systemCode: "EMFILE", syscall: "open" },
    });
    const ofRuntime = Object.assign(new RangeError("x"), { code: "ERR_OUT_OF_RANGE" });
    expect(fetchFailure(ofRuntime, "guild 1", "CORE_GUILD_NOT_FOUND")).toMatchObject({
      code: "CORE_SYSTEM_FAILED",
      cause: ofRuntime,
      details: { systemCode: "ERR_OUT_OF_RANGE" },
    });
    const network = new AntiphonError("REST_NETWORK_FAILED", "x", { cause: ofSystem, retryable: true });
    expect(fetchFailure(network, "guild 1", "CORE_GUILD_NOT_FOUND").code).toBe("CORE_REQUEST_FAILED");
    expect(connectFailure(network).code).toBe("CORE_CONNECT_FAILED");
  });
});
