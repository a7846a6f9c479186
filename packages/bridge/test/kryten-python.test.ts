import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeWith, findService, startNats } from "@antiphon/services";
import { startCytubeSimulator } from "@antiphon/sim/cytube";
import { describeUnless } from "@antiphon/vitest/skip";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { connectNatsCoreBus } from "../src/index.ts";
import { createKrytenClient, createServiceRegistry, openKeyValueStore } from "../src/kryten/index.ts";
import { openRobot } from "../src/robot/index.ts";
import { installPythonPackages } from "./python-packages.ts";

// Without the server there is nothing to try the packages on, so they are not fetched either.
const packages = findService("nats-server") === undefined ? "nats-server is missing" : installPythonPackages();
const folders = typeof packages === "string" ? { client: "", robot: "" } : packages;

async function startSite(secure: boolean) {
  const simulator = await startCytubeSimulator({
    secure,
    accounts: [{ name: "bot1", password: "pw-bot1", channelRanks: { lounge: 3 } }],
    media: [
      { type: "yt", id: "one", title: "One", seconds: 120 },
      { type: "yt", id: "two", title: "Two", seconds: 60 },
    ],
    limits: { connections: false, guestLogins: false },
  });
  onTestFinished(() => simulator.close());
  const watcher = io(simulator.url, {
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    rejectUnauthorized: false,
    extraHeaders: { "x-forwarded-for": "10.0.0.7" },
  });
  onTestFinished(() => void watcher.close());
  watcher.emit("joinChannel", { name: "lounge" });
  await new Promise((resolve) => void watcher.once("userlist", resolve));
  watcher.emit("login", { name: "Watcher" });
  await new Promise((resolve) => void watcher.once("login", resolve));
  return { simulator, watcher, channel: () => simulator.channel("lounge") };
}

function runPython(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  const child = spawn("python3", args, {
    env: { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  return child;
}

describeWith("nats-server", "kryten's own Python", () => {
  describeUnless(typeof packages === "string" ? packages : undefined, "from PyPI", () => {
    let server: Awaited<ReturnType<typeof startNats>>;
    beforeAll(async () => {
      server = await startNats({ jetstream: true });
    });
    afterAll(() => server.close());

    test("kryten-py 0.17.5 drives our robot", { timeout: 180_000 }, async () => {
      const { simulator, channel } = await startSite(false);
      const { domain, url } = simulator;
      await using bus = await connectNatsCoreBus({ servers: server.url });
      await using registry = await createServiceRegistry({ bus });
      await using robot = await openRobot({
        bus,
        domain,
        siteUrl: url,
        channel: "lounge",
        username: "bot1",
        password: "pw-bot1",
      });
      const script = fileURLToPath(new URL("peers/drive_robot.py", import.meta.url));
      const child = runPython(folders.client, [script, server.url, domain]);
      let output = "";
      let complaints = "";
      child.stdout?.on("data", (text) => (output += String(text)));
      child.stderr?.on("data", (text) => (complaints += String(text)));
      await once(child, "exit");
      const line = output.trim().split("\n").at(-1) ?? "";
      expect(line, complaints).toMatch(/^\{/);
      expect(JSON.parse(line)).toMatchObject({
        chat: expect.arrayContaining([
          ["bot1", "héllo from kryten-py"],
          ["bot1", "last"],
        ]),
        added: { success: true, uid: 0 },
        failed: false,
        // Faults 1 and 2 of theirs: their robot does not hear this question, and would answer 1.
        level: { success: true, rank: 3, username: "bot1" },
        safe: { success: true },
        banlist: { banlist: [] },
        ranks: { ranks: [{ name: "bot1", rank: 3 }] },
        search: { results: [] },
        user: { name: "bot1", rank: 3 },
        channels: [{ domain, channel: "lounge", connected: true }],
        version: "1.0.0",
        items: [{ uid: 0, media: { id: "one" } }],
      });
      expect(channel()).toMatchObject({
        motd: "safely from python",
        // Fault 6 of theirs: their robot reads other names, and sends a timeout that CyTube refuses.
        poll: { title: "T", counts: [0, 1] },
        emotes: [{ name: ":p:" }],
      });
      // Fault 3 of theirs: their robot knows no such command.
      expect(channel().users.find(({ name }) => name === "Watcher")).toMatchObject({ muted: true });
      expect(robot.stats.lost).toBe(0);
      expect(registry.services("probe")).toMatchObject([{ version: "9.9.9", status: "offline", reason: "done" }]);
    });

    test("our client drives kryten-robot 1.12.6", { timeout: 180_000 }, async () => {
      const { simulator, watcher, channel } = await startSite(true);
      const { domain, certificatePem } = simulator;
      const folder = await mkdtemp(join(tmpdir(), "antiphon-kryten-robot-"));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, "site.pem"), certificatePem);
      const config = {
        cytube: { domain, channel: "lounge", user: "bot1", password: "pw-bot1" },
        nats: { servers: [server.url] },
        commands: { enabled: true },
        health: { enabled: false },
        logging: { base_path: folder },
      };
      await writeFile(join(folder, "config.json"), JSON.stringify(config));
      await using bus = await connectNatsCoreBus({ servers: server.url });
      await using client = createKrytenClient({
        config: {
          nats: { servers: server.url },
          channels: [{ domain, channel: "lounge" }],
          chat_min_delay: 0,
          retry_attempts: 10,
        },
        bus,
      });
      const chat: string[] = [];
      client.on("chatMsg", ({ payload }) => void chat.push(payload.msg));
      await client.connect();
      const child = runPython(folders.robot, ["-m", "kryten", "--config", join(folder, "config.json")], {
        SSL_CERT_FILE: join(folder, "site.pem"),
      });
      let log = "";
      child.stdout?.on("data", (text) => (log += String(text)));
      child.stderr?.on("data", (text) => (log += String(text)));
      const present = () => channel().users.some(({ name, rank }) => name === "bot1" && rank === 3);
      await expect.poll(() => (present() ? "present" : log.slice(-2_000)), { timeout: 60_000 }).toBe("present");
      const { commands } = client;
      await commands.sendChat("lounge", "hello from our client");
      watcher.emit("chatMsg", { msg: "hello from a person", meta: {} });
      await expect.poll(() => chat).toEqual(expect.arrayContaining(["hello from our client", "hello from a person"]));
      // The true rank, which their robot itself reports as 1 (fault 2).
      await expect.poll(async () => (await client.robotRank("lounge")).rank, { timeout: 60_000 }).toBe(3);
      expect((await commands.addMedia("lounge", "yt", "one")).uid).toBe(0);
      expect((await commands.addMedia("lounge", "yt", "two")).uid).toBe(1);
      await expect(commands.addMedia("lounge", "yt", "unknown")).rejects.toMatchObject({
        code: "BRIDGE_COMMAND_REFUSED",
      });
      await commands.moveMedia("lounge", 1, "prepend");
      await expect.poll(() => channel().playlist.map(({ uid }) => uid)).toEqual([1, 0]);
      await commands.deleteMedia("lounge", 0);
      await expect.poll(() => channel().playlist.map(({ uid }) => uid)).toEqual([1]);
      expect(await client.safe.setMotd("lounge", "from our client")).toMatchObject({ success: true, rank: 3 });
      await expect.poll(() => channel().motd).toBe("from our client");
      await commands.newPoll("lounge", "T", ["a", "b"], { timeoutSeconds: 60 });
      await expect.poll(() => channel().poll?.title).toBe("T");
      await commands.vote("lounge", 0);
      await expect.poll(() => channel().poll?.counts).toEqual([1, 0]);
      await commands.muteUser("lounge", "Watcher");
      await expect.poll(() => channel().users.find(({ name }) => name === "Watcher")?.muted).toBe(true);
      await commands.unmuteUser("lounge", "Watcher");
      await expect.poll(() => channel().users.find(({ name }) => name === "Watcher")?.muted).toBe(false);
      expect(await commands.requestBanlist("lounge")).toEqual([]);
      expect(await commands.requestChannelRanks("lounge")).toMatchObject([{ name: "bot1", rank: 3 }]);
      const kept = await openKeyValueStore(bus, "kryten_lounge_state", { history: 1 });
      await expect.poll(() => kept.getText("motd")).toBe("from our client");
      // Fault 7 of theirs: they say yes to what CyTube cannot do.
      await commands.pause("lounge");
      expect(channel().paused).toBe(channel().currentTimeSeconds < 0);
    });
  });
});
