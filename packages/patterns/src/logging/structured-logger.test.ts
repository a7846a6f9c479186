import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@antiphon/std";
import { afterAll, expect, test } from "vitest";
import { PatternsError } from "../error.ts";
import { runInErrorContext } from "../errors/error-context.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { openFileOutput } from "./file-output.ts";
import { createPrettyFormatter, shouldColor } from "./formatters.ts";
import { withLogContext } from "./log-context.ts";
import { logLevelFrom } from "./log-level.ts";
import { openLogger } from "./open-logger.ts";
import { createLogger, type LoggerOptions } from "./structured-logger.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-logging-"));
afterAll(() => rmSync(folder, { recursive: true }));

function setup(options: LoggerOptions = {}) {
  const text: string[] = [];
  const clock = createManualClock({ startMs: 0 });
  const logger = createLogger({ destination: { write: (line) => text.push(line) }, clock, ...options });
  const lines = () => text.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, clock, text, lines };
}

test("a line is one JSON object with level, time, name, message and fields", () => {
  const { logger, text, lines } = setup({ name: "bot" });
  logger.info("ready", { guilds: 3, since: new Date(0) });
  expect(text[0]).toMatch(/\}\n$/);
  expect(lines()[0]).toMatchObject({
    level: "info",
    name: "bot",
    message: "ready",
    guilds: 3,
    since: "1970-01-01T00:00:00.000Z",
    time: expect.stringMatching(/Z$/),
  });
});

test("every level has its method, and the level can be changed while it runs", () => {
  const { logger, lines } = setup({ level: "warn" });
  const child = logger.child({});
  for (const method of ["trace", "debug", "info", "warn", "error", "critical", "fatal"] as const)
    logger[method](method);
  expect(lines().map(({ level }) => level)).toEqual(["warning", "error", "critical", "fatal"]);
  logger.level = "silent";
  child.fatal("unheard");
  logger.level = "trace";
  child.trace("heard");
  expect(lines().at(-1)).toMatchObject({ level: "trace" });
  expect(logger.isEnabled("trace")).toBe(true);
});

test("secrets are redacted, at any depth, also in errors and in names of one's own", () => {
  const { logger, text } = setup({ secretNames: ["pin"] });
  logger.info("login", { token: "t0p", headers: { Authorization: "t0p" }, pin: "t0p", list: [{ password: "t0p" }] });
  logger.error("failed", { error: new Error("GET /?token=t0psecret") });
  expect(text.join("")).not.toContain("t0p");
  expect(text.join("").match(/\[redacted\]/g)).toHaveLength(5);
});

test("an error becomes one line of text", () => {
  const { logger, lines } = setup();
  logger.error("failed", { error: new TypeError("no") });
  expect(lines()[0]).toMatchObject({ error: "no" });
});

test("an error tells its code, its causes and where it arose", async () => {
  const { logger, lines } = setup();
  const failure = new PatternsError("PATTERNS_CLOSED", "closed", {
    cause: new TypeError("first", { cause: "token=abcdefghijklmnop" }),
  });
  const error = await runInErrorContext("play", { guildId: "9" }, () => Promise.reject(failure)).catch(
    (thrown: unknown) => thrown,
  );
  logger.error("failed", { error });
  expect(lines()[0]).toMatchObject({
    error: "PATTERNS_CLOSED: closed",
    errorCode: "PATTERNS_CLOSED",
    errorCauses: ["first", expect.any(String)],
    errorContext: { stages: ["play"], guildId: "9" },
  });
  expect(JSON.stringify(lines())).not.toContain("abcdefghijklmnop");
});

test("a circle of causes ends", () => {
  const { logger, lines } = setup();
  const outer = new Error("outer");
  outer.cause = new Error("inner", { cause: outer });
  logger.error("failed", { error: outer });
  expect(lines()[0]).toMatchObject({ errorCauses: ["inner"] });
});

test("lines are counted by level in the registry that was given, and nowhere else", async () => {
  const metrics = createMetrics();
  const { logger } = setup({ metrics });
  logger.info("one");
  logger.child({}).warn("two");
  logger.debug("not written");
  expect(logger.metrics).toBe(metrics);
  const text = await metrics.text();
  expect(text).toContain('log_lines_total{level="info"} 1');
  expect(text).toContain('log_lines_total{level="warning"} 1');
  expect(text).not.toContain('level="debug"');
  expect(setup().logger.metrics).toBeUndefined();
});

test("removing a field of the context that is not there changes nothing", () => {
  const { logger, lines } = setup();
  logger.addContext("shard", 1);
  logger.removeContext("guild");
  logger.info("one");
  expect(lines()[0]).toMatchObject({ shard: 1 });
});

test("settings choose level, format and handlers", async () => {
  const written: string[] = [];
  for (const handlers of [["console"], ["file"], ["console", "file"]] as const) {
    for (const format of ["json", "pretty"] as const) {
      written.length = 0;
      const path = join(folder, `${handlers.join("-")}-${format}.log`);
      const settings = { level: "warning", format, handlers, file: path } as const;
      const logger = await openLogger(settings, { destination: { write: (line) => written.push(line) } });
      logger.info("too mild");
      logger.error("failed");
      await logger.close();
      const outputs = { console: written.join(""), file: existsSync(path) ? readFileSync(path, "utf8") : "" };
      const used = Object.entries(outputs).filter(([, text]) => text !== "");
      expect(used.map(([name]) => name)).toEqual(handlers);
      for (const [, text] of used) {
        expect(text.trim().split("\n")).toHaveLength(1);
        if (format === "json") expect(JSON.parse(text)).toMatchObject({ level: "error", message: "failed" });
        else expect(text).toMatch(/ERROR.* failed/);
      }
    }
  }
});

test("context comes from the logger, its parents and the asynchronous call", async () => {
  const { logger, lines } = setup();
  logger.addContext("shard", 1);
  const child = logger.child({ guildId: "9" });
  logger.removeContext("shard");
  await withLogContext({ requestId: "r" }, async () => {
    await Promise.resolve();
    withLogContext({ userId: "7" }, () => child.info("inside", { own: true }));
  });
  child.info("outside");
  logger.info("parent");
  expect(lines()[0]).toMatchObject({ shard: 1, guildId: "9", requestId: "r", userId: "7", own: true });
  expect(lines()[1]).not.toHaveProperty("requestId");
  expect(lines()[2]).not.toHaveProperty("shard");
});

test("an audit line is written whatever the level is", () => {
  const { logger, lines } = setup({ level: "silent" });
  logger.audit("role granted", { userId: "7" });
  expect(lines()).toMatchObject([{ audit: true, userId: "7" }]);
});

test("handlers have their own level and form, and one that fails harms nobody", () => {
  const { logger, lines } = setup();
  const kept: string[] = [];
  const handler = logger.addHandler({
    level: "error",
    formatter: ({ level, message }) => `${level}:${message}`,
    output: { write: (line) => kept.push(line) },
  });
  logger.addHandler({
    output: {
      write() {
        throw new Error("disk full");
      },
    },
  });
  logger.info("a");
  logger.critical("b");
  handler[Symbol.dispose]();
  logger.critical("c");
  expect(kept).toEqual(["critical:b"]);
  expect(lines()).toHaveLength(3);
  expect(logger.losses).toMatchObject({ handlers: 3 });
});

test("the memory is bounded, can be asked and exported", async () => {
  const { logger, clock } = setup({ historyLimit: 3, level: "debug" });
  logger.info("too old");
  logger.info("one", { eventType: "trackStart" });
  await clock.advance(1_000);
  logger.debug("two", { eventType: "trackEnd" });
  logger.error("three", { eventType: "trackStart", token: "t" });
  expect(logger.query().map(({ message }) => message)).toEqual(["one", "two", "three"]);
  expect(logger.query({ eventType: "trackStart", limit: 1 })).toMatchObject([
    { message: "three", fields: { token: "[redacted]" } },
  ]);
  expect(logger.query({ minimumLevel: "error" })).toHaveLength(1);
  expect(logger.query({ sinceMs: 1_000, text: "w" })).toMatchObject([{ message: "two" }]);
  expect(logger.losses.history).toBe(1);
  const path = join(folder, "export.json");
  expect(await logger.exportTo(path, { sinceMs: 1_000 })).toBe(2);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject([
    { message: "two" },
    { message: "three", time: "1970-01-01T00:00:01.000Z" },
  ]);
});

test("a file output appends, is flushed by close, and counts what comes afterwards", async () => {
  const path = join(folder, "deep", "bot.log");
  const { logger } = setup();
  const output = await openFileOutput(path);
  logger.addHandler({ output });
  const circle: Record<string, unknown> = { big: 10n };
  circle["self"] = circle;
  logger.info("one", circle);
  await Promise.all([logger.close(), logger.close()]);
  logger.info("late");
  output.write("late");
  expect(output.dropped).toBe(1);
  const written = readFileSync(path, "utf8").trim().split("\n");
  expect(written.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ message: "one", big: "10" }]);
  await expect(openFileOutput(folder)).rejects.toThrow(/EISDIR/);
});

test("a file output with a full buffer drops and counts", async () => {
  const output = await openFileOutput(join(folder, "full.log"), { bufferLimitBytes: 10 });
  for (let index = 0; index < 5; index++) output.write("x".repeat(20));
  expect(output.dropped).toBe(4);
  await output.close();
});

test("pretty lines show control characters instead of obeying them", () => {
  const format = createPrettyFormatter({ colors: false });
  const record = {
    atMs: 3_723_004,
    level: "warning",
    name: "bot",
    message: "hi \u001b[2J",
    fields: { user: "a b", n: 1, none: undefined },
  } as const;
  expect(format(record)).toBe('01:02:03.004 WARNING  bot hi \\x1b[2J user="a b" n=1');
  expect(createPrettyFormatter({ colors: true })(record)).toContain("\u001b[33m");
});

test("the pretty format goes to the destination", () => {
  const { logger, text } = setup({ format: "pretty" });
  logger.info("hello", { a: 1 });
  expect(text.join("")).toContain("hello");
});

test("colours follow FORCE_COLOR, NO_COLOR and the terminal", () => {
  const terminal = { isTTY: true };
  expect(shouldColor({}, terminal)).toBe(true);
  expect(shouldColor({ NO_COLOR: "1" }, terminal)).toBe(false);
  expect(shouldColor({ NO_COLOR: "" }, terminal)).toBe(true);
  expect(shouldColor({ NO_COLOR: "1", FORCE_COLOR: "1" }, {})).toBe(true);
  expect(shouldColor({ TERM: "dumb" }, terminal)).toBe(false);
  expect(shouldColor({}, {})).toBe(false);
});

test("the level can come from the environment", () => {
  expect(logLevelFrom({ ANTIPHON_LOG_LEVEL: "ERROR", ANTIPHON_DEBUG: "true" })).toBe("error");
  expect(logLevelFrom({ ANTIPHON_DEBUG: "true" })).toBe("debug");
  expect(logLevelFrom({ ANTIPHON_LOG_LEVEL: "loud" })).toBe("info");
  expect(logLevelFrom({}, "warn")).toBe("warn");
});
