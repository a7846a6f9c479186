import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeWith, startNats } from "@antiphon/services";
import { startCytubeSimulator } from "@antiphon/sim/cytube";
import { systemClock } from "@antiphon/std";
import { expect, onTestFinished, test } from "vitest";
import { connectNatsCoreBus } from "../src/index.ts";
import { createAdminKeys, sendAdminCommand } from "../src/robot/index.ts";

const program = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const SLOW = { timeout: 120_000 };

/** The program with these arguments, and what it has printed. */
function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ["--conditions=@antiphon/source", program, ...args], {
    env: { ...process.env, ...environment },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  return { child, printed: () => printed, ended: once(child, "close") };
}

test("tells how it is used, and what is wrong with its file", SLOW, async () => {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-robot-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "robot.yaml");
  await writeFile(file, "nats: { servers: x }\ncytube: { domain: cytu.be, channel: lounge, pasword: ${SECRET} }\n");
  const help = start(["--help"]);
  const nothing = start([]);
  const unset = start(["--config", file]);
  const wrong = start(["--config", file], { SECRET: "hunter2" });
  expect((await Promise.all([help, nothing, unset, wrong].map(({ ended }) => ended))).map(([code]) => code)).toEqual([
    0, 1, 1, 1,
  ]);
  expect(help.printed()).toContain("Usage: antiphon-cytube-robot --config FILE");
  expect(nothing.printed()).toContain("--config FILE is missing");
  expect(unset.printed()).toContain("SECRET");
  expect(wrong.printed()).toContain("pasword");
  expect(wrong.printed()).not.toContain("hunter2");
});

describeWith("nats-server", "the robot's program", () => {
  test("joins, tells its health, restarts when an administrator says so, and leaves at Ctrl-C", SLOW, async () => {
    await using server = await startNats({ jetstream: true });
    await using site = await startCytubeSimulator({
      accounts: [{ name: "bot1", password: "pw-bot1", channelRanks: { lounge: 3 } }],
      limits: { connections: false, guestLogins: false },
    });
    const { domain, url: siteUrl } = site;
    const folder = await mkdtemp(join(tmpdir(), "antiphon-robot-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const keys = createAdminKeys();
    const config = {
      nats: { servers: server.url },
      cytube: { domain, siteUrl, channel: "lounge", user: "bot1", password: "${ROBOT_PASSWORD}" },
      health: { port: 0 },
      administrators: [{ name: "operator", publicKey: keys.publicKey }],
    };
    const file = join(folder, "robot.json");
    await writeFile(file, JSON.stringify(config));
    const robot = start(["--config", file], { ROBOT_PASSWORD: "pw-bot1" });
    const joins = () => robot.printed().split('"message":"joined"').length - 1;
    const present = () => site.channel("lounge").users.some(({ name }) => name === "bot1");
    await expect.poll(() => (joins() === 1 ? "joined" : robot.printed()), { timeout: 60_000 }).toBe("joined");
    const [, url = ""] = /"url":"([^"]+)"/.exec(robot.printed()) ?? [];
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/kryten_cytube_connected 1\n/);

    await using bus = await connectNatsCoreBus({ servers: server.url });
    const order = { bus, domain, channel: "lounge", sender: "operator", clock: systemClock };
    const forged = { ...order, command: "shutdown", privateKey: createAdminKeys().privateKey } as const;
    expect(await sendAdminCommand(forged)).toMatchObject({ ok: false, code: "ROBOT_SIGNATURE_REFUSED" });
    const good = { ...order, command: "restart", privateKey: keys.privateKey, reason: "new version" } as const;
    expect(await sendAdminCommand(good)).toMatchObject({ ok: true, data: { action: "restart" } });
    await expect.poll(joins, { timeout: 60_000 }).toBe(2);
    expect(present()).toBe(true);

    const farewells: unknown[] = [];
    await bus.listen("kryten.lifecycle.robot.shutdown", ({ data }) => {
      farewells.push(JSON.parse(new TextDecoder().decode(data)));
    });
    robot.child.kill("SIGINT");
    const [code] = (await robot.ended) as [number | null];
    expect(code).toBe(0);
    await expect.poll(() => farewells).toMatchObject([{ reason: "Stopped by a signal" }]);
    await expect.poll(present).toBe(false);
    expect(robot.printed()).not.toContain("pw-bot1");
  });

  test("ends with a failure when its server does not come back", SLOW, async () => {
    const server = await startNats({ jetstream: true });
    await using site = await startCytubeSimulator({ limits: { connections: false, guestLogins: false } });
    const folder = await mkdtemp(join(tmpdir(), "antiphon-robot-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const config = {
      nats: { servers: server.url, maximumReconnectAttempts: 2, reconnectWaitMs: 50 },
      cytube: { domain: site.domain, siteUrl: site.url, channel: "lounge" },
    };
    const file = join(folder, "robot.json");
    await writeFile(file, JSON.stringify(config));
    const robot = start(["--config", file]);
    const isIn = () => robot.printed().includes('"message":"joined"') || robot.printed();
    await expect.poll(isIn, { timeout: 60_000 }).toBe(true);
    await server.close();
    const [code] = (await robot.ended) as [number | null];
    expect(code).toBe(1);
    expect(robot.printed()).toContain("did not come back");
  });
});
