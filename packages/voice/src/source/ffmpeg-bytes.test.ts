import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chirp, decodePackets, fixture, likeness, readPackets } from "./__fixtures__/chirp.ts";
import { openSource } from "./index.ts";

const FFMPEG = "ffmpeg";
const isInstalled = spawnSync(FFMPEG, ["-version"]).status === 0;
const m4a = fixture("chirp.m4a");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-ffmpeg-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A program that stands for ffmpeg and does what a line of shell says. */
async function program(script: string): Promise<string> {
  const path = join(folder, `program-${Math.random()}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

describe.skipIf(!isInstalled)("with ffmpeg", () => {
  test.each(["file", "bytes"])("an M4A as %s sounds like the original, and can be seeked", async (kind) => {
    const path = join(folder, "chirp.m4a");
    await copyFile(new URL("__fixtures__/chirp.m4a", import.meta.url), path);
    // Its table of contents stands at its end, where a pipe cannot go; a file as it is made for the web has it in front.
    const bytes = kind === "file" ? m4a : faststart();
    await using source = await openSource(kind === "file" ? { path } : { bytes });
    expect(source.info).toMatchObject({
      format: "wav",
      container: "mp4",
      isConverted: true,
      title: "Chirp",
      artist: "Antiphon",
    });
    expect(Math.abs((source.info.durationMs ?? 0) - 1_500)).toBeLessThan(100);
    const [left] = decodePackets(await readPackets(source));
    expect(likeness(chirp(1_500)[0], left, 4_000).ratio).toBeGreaterThan(0.95);
    await source.seek(500);
    const [rest] = decodePackets(await readPackets(source));
    expect(likeness(chirp(1_500)[0].subarray(24_000), rest, 4_800).ratio).toBeGreaterThan(0.95);
    expect(bytes.length).toBeGreaterThan(0);
  });

  test("an address is fetched here, under the same rules, and fed to it", async () => {
    const server = createServer((_, response) => void response.end(faststart())).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/chirp`;
    try {
      await using source = await openSource({ url });
      expect((await readPackets(source)).length).toBeGreaterThan(70);
      await expect(openSource({ url }, { isAddressAllowed: () => false })).rejects.toMatchObject({
        code: "SOURCE_ADDRESS_REFUSED",
      });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test("a file that only looks like audio is corrupt, and leads it nowhere else", async () => {
    const bytes = Buffer.concat([Buffer.from("\0\0\0\x20ftypM4A \0\0\0\0", "latin1"), Buffer.alloc(1_000)]);
    await expect(openSource({ bytes })).rejects.toMatchObject({ code: "SOURCE_CORRUPT" });
    const playlist = Buffer.from("#EXTM3U\nfile:///etc/passwd");
    await expect(openSource({ bytes: playlist })).rejects.toMatchObject({ code: "SOURCE_UNKNOWN_FORMAT" });
  });
});

test("without ffmpeg the error says what is missing; without permission it is not looked for", async () => {
  const missing = openSource({ bytes: m4a }, { ffmpeg: join(folder, "nowhere") });
  await expect(missing).rejects.toMatchObject({
    code: "SOURCE_FFMPEG_MISSING",
    message: expect.stringMatching(/MP4 or M4A\. Playing it takes ffmpeg/),
  });
  await expect(openSource({ bytes: m4a }, { ffmpeg: null })).rejects.toMatchObject({ code: "SOURCE_UNKNOWN_FORMAT" });
});

describe("the process", () => {
  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  test("is killed when it gives nothing", async () => {
    const ffmpeg = await program("exec sleep 1000");
    const opening = openSource({ bytes: m4a }, { ffmpeg, readTimeoutMs: 300 });
    await expect(opening).rejects.toMatchObject({ code: "SOURCE_TIMED_OUT", retryable: true });
  });

  test("is killed by the signal, with its reason", async () => {
    const controller = new AbortController();
    const pidFile = join(folder, "pid-abort");
    const ffmpeg = await program(`echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 1000`);
    const opening = openSource({ bytes: m4a }, { ffmpeg, signal: controller.signal });
    const pid = await pidIn(pidFile);
    controller.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
  });

  test.skipIf(!isInstalled)("is killed by close, and does not run ahead of who reads", async () => {
    const pidFile = join(folder, "pid-close");
    const path = join(folder, "chirp.m4a");
    await writeFile(path, m4a);
    // Endless: the same file over and over.
    const ffmpeg = await program(
      `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec ffmpeg -stream_loop -1 "$@"`,
    );
    const source = await openSource({ path }, { ffmpeg });
    for (let count = 0; count < 10; count++) await source.next();
    const pid = await pidIn(pidFile);
    expect(isAlive(pid)).toBe(true);
    await source.close();
    expect(isAlive(pid)).toBe(false);
    expect(await source.next()).toBeNull();
  });
});

async function pidIn(path: string): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const read = () => readFile(path, "utf8").then(Number, () => 0);
  await expect.poll(read, { timeout: 60_000 }).toBeGreaterThan(0);
  return read();
}

/** The same M4A with its table of contents in front. */
function faststart(): Buffer {
  return fixture("chirp-web.m4a");
}
