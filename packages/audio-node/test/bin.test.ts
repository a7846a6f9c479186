import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";

const bin = join(import.meta.dirname, "../src/bin.ts");

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ["--conditions=@antiphon/source", bin, ...argv], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (output += piece.toString()));
  const exited = once(child, "close").then(([code]) => code as number | null);
  return { child, exited, output: () => output };
}

test("listens until it is interrupted, and then ends in order", { timeout: 180_000 }, async () => {
  const { child, exited, output } = start(["--port", "0"], { AUDIO_NODE_PASSWORD: "open sesame" });
  await expect.poll(output, { timeout: 60_000 }).toMatch(/Listening on http:\/\/127\.0\.0\.1:\d+\n/);
  const url = output().trim().split(" ").at(-1) ?? "";
  const ask = async (password: string) =>
    (await fetch(`${url}/v4/info`, { headers: { authorization: password } })).status;
  expect([await ask("open sesame"), await ask("wrong")]).toEqual([200, 401]);
  child.kill("SIGINT");
  expect(await exited).toBe(0);
  expect(output()).toContain("Closing");
  expect(output()).not.toContain("sesame");
});

test("says how it is used, and what it cannot use", { timeout: 180_000 }, async () => {
  const env = { AUDIO_NODE_PASSWORD: "open sesame" };
  const runs = [
    [start(["--help"]), 0, /^Usage: antiphon-audio-node/],
    [start([]), 2, /AUDIO_NODE_PASSWORD is not set/],
    [start(["--port", "high"], env), 2, /port must be from 0 to 65535, not "high"/],
    [start(["--allow-urls", "some"], env), 2, /must be one of none, public, all, not "some"/],
    [start(["--volume", "11"], env), 2, /--volume/],
    [start(["--port", "0"], { ...env, AUDIO_NODE_MUSIC_DIRECTORY: "/there/is/none" }), 1, /AUDIO_NODE_INVALID_OPTIONS/],
  ] as const;
  for (const [{ exited, output }, code, text] of runs) {
    expect(await exited).toBe(code);
    expect(output()).toMatch(text);
  }
});
