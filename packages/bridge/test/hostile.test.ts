import { startCytubeSimulator } from "@antiphon/sim/cytube";
import { decodeKrytenReply } from "@antiphon/protocol/kryten";
import { createManualClock } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createMemoryBus, type BusTransport } from "../src/index.ts";
import { createKrytenClient, createServiceRegistry } from "../src/kryten/index.ts";
import { openRobot } from "../src/robot/index.ts";

const bytes = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** What somebody who means harm, or whose program is broken, puts on a bus. */
const garbage: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", bytes("")],
  ["half a JSON", bytes('{"command": "say", "args": {"mess')],
  ["no text", Uint8Array.of(0xff, 0xfe, 0x00, 0x80)],
  ["a list", bytes([1, 2, 3])],
  ["null", bytes("null")],
  ["a number where a name is meant", bytes({ command: 7, event_name: 7, service: 7, action: [] })],
  ["a megabyte of letters", new Uint8Array(1_000_000).fill(0x61)],
  ["ten thousand brackets", bytes("[".repeat(10_000))],
  ["keys of the language", bytes('{"__proto__":{"command":"say"},"constructor":{"event_name":"x"}}')],
];

let bus: BusTransport;
beforeEach(() => {
  bus = createMemoryBus();
});
afterEach(() => bus.close());

const clientOf = (channel = "lounge") =>
  createKrytenClient({
    config: {
      nats: { servers: "x" },
      channels: [{ domain: "cytu.be", channel }],
      chat_min_delay: 0,
      retry_attempts: 0,
    },
    bus,
  });

const event = (number: number, channel = "lounge") =>
  bytes({
    event_name: "chatMsg",
    payload: { username: "guest", msg: `${number}`, meta: {}, time: number },
    channel,
    domain: "cytu.be",
    timestamp: "2026-11-21T08:14:06.015730+00:00",
    correlation_id: `id-${number}`,
  });

describe("a robot among strangers", () => {
  test("answers garbage with a code and goes on", async () => {
    await using site = await startCytubeSimulator({
      accounts: [{ name: "bot1", password: "pw-bot1", channelRanks: { lounge: 3 } }],
      limits: { connections: false, guestLogins: false },
    });
    const { domain, url: siteUrl } = site;
    await using robot = await openRobot({
      bus,
      domain,
      siteUrl,
      channel: "lounge",
      username: "bot1",
      password: "pw-bot1",
    });
    for (const subject of ["kryten.robot.command", "kryten.commands.cytube.lounge.say"]) {
      for (const [what, data] of garbage) {
        const reply = decodeKrytenReply(await bus.request(subject, data));
        expect(reply, what).toMatchObject({ ok: false, code: expect.stringMatching(/^ROBOT_/) });
      }
    }
    const ask = async (command: object) => decodeKrytenReply(await bus.request("kryten.robot.command", bytes(command)));
    for (const message of [1, {}, ["a"], null, true])
      expect(await ask({ command: "say", args: { message } })).toMatchObject({
        ok: false,
        code: "ROBOT_ARGUMENT_INVALID",
      });
    for (const command of ["__proto__", "constructor", "toString", "hasOwnProperty", "a".repeat(10_000)])
      expect(await ask({ command })).toMatchObject({ ok: false, code: "ROBOT_COMMAND_UNKNOWN" });
    for (const command of ["shutdown", "halt", "restart", "system.shutdown", "system.reload", "system.config"])
      expect(await ask({ command, args: { signature: {} } })).toMatchObject({
        ok: false,
        code: "ROBOT_COMMAND_DISABLED",
      });
    const flood = Array.from({ length: 2_000 }, (_, index) =>
      ask({ command: index % 2 === 0 ? "system.ping" : "nonsense" }),
    );
    const answers = await Promise.all(flood);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1_000);
    expect(robot.stats).toMatchObject({ lost: 0, failedCommands: expect.any(Number) });
    expect(await ask({ command: "say", args: { message: "still here" } })).toMatchObject({ ok: true });
    expect(robot.joined).toBe(true);
  });

  test.each(["kryten.events", "a b", "x>", "*", "a\r\nPUB b 0"])("refuses a channel named %j", async (channel) => {
    const opening = openRobot({ bus, domain: "cytu.be", siteUrl: "http://127.0.0.1:1", channel });
    await expect(opening).rejects.toMatchObject({ code: "BRIDGE_INVALID_KEY" });
  });
});

describe("a client among strangers", () => {
  test("counts garbage on its subjects and hears what is behind it", async () => {
    const client = clientOf();
    onTestFinished(() => client.close());
    const heard: string[] = [];
    client.on("chatMsg", ({ payload }) => void heard.push(payload.msg));
    await client.connect();
    for (const [, data] of garbage) await bus.send("kryten.events.cytube.lounge.chatmsg", data);
    await bus.send("kryten.events.cytube.lounge.chatmsg", event(1));
    await expect.poll(() => heard).toEqual(["1"]);
    expect(client.health().malformed).toBe(garbage.length);
  });

  test("a channel whose name looks like a subject does not hear others", async () => {
    const client = clientOf("lounge.>");
    onTestFinished(() => client.close());
    const heard: string[] = [];
    client.on("chatMsg", ({ channel }) => void heard.push(channel));
    await client.connect();
    await bus.send("kryten.events.cytube.other.chatmsg", event(1, "other"));
    await bus.send("kryten.events.cytube.lounge.chatmsg", event(2, "lounge.>"));
    await expect.poll(() => heard).toEqual(["lounge.>"]);
  });
});

test("a registry takes services whose clocks are wrong and leaves garbage alone", async () => {
  const clock = createManualClock();
  await using registry = await createServiceRegistry({ bus, clock });
  for (const [, data] of garbage) await bus.send("kryten.lifecycle.x.startup", data);
  for (const timestamp of ["1970-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "yesterday"]) {
    const service = `s${timestamp.slice(0, 4)}`;
    await bus.send(
      `kryten.lifecycle.${service}.startup`,
      bytes({ service, version: "1", hostname: "h", timestamp, uptime_seconds: 1 }),
    );
  }
  await expect
    .poll(() => registry.services().map(({ name, status }) => `${name} ${status}`))
    .toEqual(["s1970 online", "s9999 online", "syest online"]);
});
