import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { afterAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../bot/src/main.ts", import.meta.url));
// Its working directory: no .env of this machine is read.
const folder = mkdtempSync(join(tmpdir(), "antiphon-program-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the bot's program to its end; `onOutput` is told what it has written so far. */
async function run(
  given: readonly string[],
  environment: Readonly<Record<string, string>>,
  onOutput?: (text: string, stop: () => void) => void,
) {
  const child = spawn(process.execPath, ["--conditions=@antiphon/source", program, ...given], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ANTIPHON_DATA_DIR: folder, ...environment },
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    onOutput?.(output, () => child.kill("SIGINT"));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await once(child, "close");
  return { code: child.exitCode, output, errors };
}

test("the help names every setting, and needs none", { timeout: 120_000 }, async () => {
  const { code, output } = await run(["--help"], {});
  expect(code).toBe(0);
  expect(output).toMatch(/DISCORD_TOKEN +discord\.token +the bot's token/);
});

test.each([
  [["--rol", "worker"], /Unknown option '--rol'.*--help lists the options/s],
  [["--role", "boss"], /role/],
  [[], /DISCORD_TOKEN.*is required: copy the bot's token/],
])("%j without settings ends with a line that says what to do", { timeout: 120_000 }, async (given, expected) => {
  const { code, errors } = await run(given, {});
  expect(code).toBe(1);
  expect(errors).toMatch(expected);
  expect(errors).not.toMatch(/^\s+at /mu);
});

test.each([
  [
    "while it waits for its audio node",
    { LAVALINK_PORT: "1" },
    "audio node is not there",
    "stopped before it was ready",
  ],
  ["when it runs", {}, "the bot is ready", ""],
])("Ctrl-C ends it in good order %s", { timeout: 120_000 }, async (_, environment, when, then) => {
  await using discord = await startDiscordSimulator();
  const { token } = discord.world.addApplication({ name: "Bot" });
  const settings = { DISCORD_TOKEN: token, ANTIPHON_DISCORD_API: discord.apiUrl, ...environment };
  let stopped = false;
  const { code, output, errors } = await run([], settings, (text, stop) => {
    if (stopped || !text.includes(when)) return;
    stopped = true;
    stop();
  });
  expect(errors).toBe("");
  expect(code).toBe(0);
  expect(output).toContain(then);
  expect(output).not.toContain(token);
});
