import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  describeWith,
  findChromium,
  findJava,
  startLavaplayer,
  startNats,
  startPostgres,
  startRedis,
  type ServerProcess,
} from "@antiphon/services";

/** Sends bytes on a new connection and gives the first answer that `isEnough` accepts. */
function exchange(
  server: ServerProcess,
  request: Uint8Array | string,
  isEnough: (answer: string) => boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, server.host, () => socket.write(request));
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
      if (isEnough(answer)) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

/** A startup message of PostgreSQL's protocol 3.0 for the user and database of the started server. */
function postgresStartup(): Buffer {
  const parameters = Buffer.from("\0\u0003\0\0user\0antiphon\0database\0postgres\0\0");
  const lengthBytes = Buffer.alloc(4);
  lengthBytes.writeUInt32BE(parameters.length + 4);
  return Buffer.concat([lengthBytes, parameters]);
}

/** Tests of other files start servers at the same time, so what a server leaves is looked for in a temporary folder of our own. */
function useOwnTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-services-"));
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

describeWith("nats-server", "startNats", () => {
  test("serves with JetStream, comes back on the same port, and leaves nothing", async () => {
    const ping = 'CONNECT {"verbose":false}\r\nPING\r\n';
    const isPong = (answer: string) => answer.includes("PONG");
    const first = await startNats({ jetstream: true });
    expect(await exchange(first, ping, isPong)).toMatch(/"jetstream":true[\s\S]*PONG/);
    await first.kill();
    const second = await startNats({ port: first.port });
    expect(second.url).toBe(first.url);
    expect(await exchange(second, ping, isPong)).toMatch(/PONG/);
    await first.close();
    await second.close();
    await second.close();
    await expect(exchange(second, ping, isPong)).rejects.toThrow("ECONNREFUSED");
  });
});

describeWith("redis-server", "startRedis", () => {
  test("answers a ping and leaves nothing", async () => {
    const folder = useOwnTemporaryFolder();
    {
      await using server = await startRedis();
      expect(await exchange(server, "PING\r\n", (answer) => answer.includes("\n"))).toBe("+PONG\r\n");
      expect(readdirSync(folder)).toEqual([expect.stringMatching(/^antiphon-redis-/)]);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

describeWith("postgresql", "startPostgres", () => {
  test("lets the superuser in without a password", async () => {
    await using server = await startPostgres();
    const answer = await exchange(server, postgresStartup(), (text) => text.includes("Z\0\0\0\u0005I"));
    // AuthenticationOk, then parameters, then ReadyForQuery.
    expect(answer.startsWith("R\0\0\0\b\0\0\0\0")).toBe(true);
    expect(answer).toContain("client_encoding\0UTF8");
  });
});

describeWith("chromium", "findChromium", () => {
  test("gives a program that tells its version", () => {
    expect(existsSync(findChromium() ?? "")).toBe(true);
    expect(spawnSync(findChromium() ?? "", ["--version", "--no-sandbox"]).stdout.toString()).toMatch(/Chrom/);
  });
});

describeWith("java", "findJava", () => {
  test("gives a program that tells its version", () => {
    expect(spawnSync(findJava() ?? "", ["-version"]).stderr.toString()).toMatch(/version/);
  });
});

describeWith("lavaplayer", "startLavaplayer", () => {
  test("answers one question after another, tells what it cannot do, and ends", async () => {
    const lavaplayer = startLavaplayer(["plain"]);
    const track = {
      title: "\0 \ud83d",
      author: "A",
      lengthMs: "1",
      identifier: "i",
      isStream: false,
      uri: null,
      artworkUrl: null,
      isrc: null,
      sourceName: "plain",
      positionMs: "0",
    };
    const [written, refused, missing] = await Promise.allSettled([
      lavaplayer.encode(track),
      lavaplayer.decode("AAAA"),
      lavaplayer.load("/nowhere/at.all"),
    ]);
    expect(written).toMatchObject({ value: track });
    expect(refused).toMatchObject({ reason: { message: expect.stringContaining("EOF") } });
    expect(missing).toMatchObject({ reason: { message: expect.stringContaining("nothing") } });
    await lavaplayer.close();
    await lavaplayer.close();
    await expect(lavaplayer.decode("")).rejects.toThrow("lavaplayer has ended");
  });
});
