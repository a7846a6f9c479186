import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commands } from "../commands.mjs";
import { explain, Failure, failureOf } from "../failure.mjs";
import { manifestDigest } from "../install.mjs";
import { withLock } from "../lock.mjs";
import { createProgress } from "../progress.mjs";
import { retryNetwork } from "../retry.mjs";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "antiphon-bootstrap-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL("../run.mjs", import.meta.url)), ...args], { encoding: "utf8" });

test("names the commands when it does not know one", () => {
  const { status, stderr } = run("dance");
  expect(status).toBe(2);
  expect(stderr).toContain('There is no command "dance"');
  for (const name of Object.keys(commands)) expect(stderr).toContain(name);
  expect(run("constructor").status).toBe(2);
});

test("tells an old Node what it needs, without a stack", () => {
  const pretend = "Object.defineProperty(process.versions, 'node', { value: '16.20.0' })";
  const script = fileURLToPath(new URL("../run.mjs", import.meta.url));
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, script],
    {
      encoding: "utf8",
    },
  );
  expect(status).toBe(1);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("needs Node 18 or newer");
});

test.each([
  ["npm error code ENOTFOUND", "registry cannot be reached"],
  ["npm error code ECONNREFUSED", "registry cannot be reached"],
  ["ENOSPC: no space left on device", "disk is full"],
  ["EACCES: permission denied, mkdir '.tools'", "cannot be written"],
  ["ERR_PNPM_OUTDATED_LOCKFILE Cannot install with frozen-lockfile", "pnpm-lock.yaml was not"],
])("explains %s", (output, advice) => {
  expect(explain("Installing", output, "/log")).toContain(advice);
});

test("a network that fails is tried again, a few times; whatever else fails is not", async () => {
  const told: string[] = [];
  const outputs = ["npm error code ECONNRESET", "ERR_PNPM_FETCH_503  GET https://registry/x: Service Unavailable"];
  const failing = async () => {
    const output = outputs.shift();
    if (output !== undefined) throw failureOf("Installing", output, "/log");
    return "installed";
  };
  expect(await retryNetwork(failing, (message) => void told.push(message), [0, 0, 0])).toBe("installed");
  expect(told).toHaveLength(2);
  let attempts = 0;
  const failAs = (output: string) => async () => {
    attempts++;
    throw failureOf("Installing", output, "/log");
  };
  await expect(retryNetwork(failAs("npm error code ENOTFOUND"), () => {}, [0, 0])).rejects.toThrow("cannot be reached");
  expect(attempts).toBe(3);
  await expect(retryNetwork(failAs("ENOSPC: no space left"), () => {}, [0, 0])).rejects.toThrow(Failure);
  expect(attempts).toBe(4);
});

test("shows the last lines of a failure that it does not know", () => {
  const output = Array.from({ length: 100 }, (_, line) => `line ${line}`).join("\n");
  const text = explain("Installing", output, "/log");
  expect(text).toContain("line 99");
  expect(text).not.toContain("line 50");
  expect(text).toContain("/log");
});

test("the digest changes with every file that decides what is installed, and with nothing else", () => {
  mkdirSync(join(folder, "packages/a"), { recursive: true });
  writeFileSync(join(folder, "pnpm-lock.yaml"), "1");
  writeFileSync(join(folder, "packages/a/package.json"), "{}");
  const before = manifestDigest(folder);
  writeFileSync(join(folder, "packages/a/index.ts"), "");
  expect(manifestDigest(folder)).toBe(before);
  writeFileSync(join(folder, "packages/a/package.json"), '{ "name": "a" }');
  const changed = manifestDigest(folder);
  expect(changed).not.toBe(before);
  writeFileSync(join(folder, "pnpm-lock.yaml"), "2");
  expect(manifestDigest(folder)).not.toBe(changed);
});

test("the lock lets one in at a time, and is gone afterwards, also after a failure", async () => {
  const path = join(folder, "lock");
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = withLock(
    path,
    () => {},
    async () => {
      log.push("first in");
      await gate.promise;
      log.push("first out");
      throw new Error("broken");
    },
  );
  const waiting = Promise.withResolvers<void>();
  const second = withLock(path, waiting.resolve, async () => log.push("second"));
  await waiting.promise;
  gate.resolve();
  await expect(first).rejects.toThrow("broken");
  await second;
  expect(log).toEqual(["first in", "first out", "second"]);
  expect(existsSync(path)).toBe(false);
});

test("the lock of a process that is gone is broken", async () => {
  const path = join(folder, "lock");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  writeFileSync(path, String(pid));
  let waited = false;
  expect(
    await withLock(
      path,
      () => (waited = true),
      async () => 5,
    ),
  ).toBe(5);
  expect(waited).toBe(false);
});

test("progress is plain lines where there is no terminal", async () => {
  let text = "";
  const progress = createProgress({ write: (chunk: string) => (text += chunk) }, {});
  expect(await progress.step("Getting pnpm", async () => 5)).toBe(5);
  await expect(progress.step("Installing", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(text).toMatch(/^Getting pnpm …\n✓ Getting pnpm \d+\.\d s\nInstalling …\n✗ Installing \d+\.\d s\n$/);
});

test("progress on a terminal rewrites one line, without colours where NO_COLOR says so", async () => {
  let text = "";
  const stream = { isTTY: true, columns: 80, write: (chunk: string) => (text += chunk) };
  await createProgress(stream, { NO_COLOR: "1" }).step("Getting pnpm", async (report) => report("half"));
  expect(text).toContain("\r\u001B[2K");
  expect(text).not.toContain("\u001B[3");
  expect(text.endsWith("s\n")).toBe(true);
});
