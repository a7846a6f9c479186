import { createManualClock, createSeededRandom, silentLogger, type LogFields } from "@antiphon/std";
import {
  decodeKrytenCommand,
  decodeLegacyKrytenCommand,
  decodeLifecycle,
  encodeJsonBytes,
  encodeKrytenEvent,
  encodeKrytenReply,
  eventSubject,
  parseKrytenConfig,
  type KrytenCommand,
  type KrytenReply,
} from "@antiphon/protocol/kryten";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import { createMemoryBus } from "../bus/memory-bus.ts";
import { createKrytenClient } from "./client.ts";

const plain = { nats: { servers: ["nats://127.0.0.1:1"] }, channels: [{ domain: "cytu.be", channel: "Lounge" }] };

/** A client on a bus in this process, and a robot there that answers what it is told to. */
async function setUp(options: { readonly config?: object; readonly dialect?: "legacy" } = {}) {
  const bus = createMemoryBus();
  const clock = createManualClock();
  const client = createKrytenClient({
    config: { ...plain, chat_min_delay: 0, chat_jitter: 0, ...options.config },
    bus,
    clock,
    random: createSeededRandom(1),
    ...(options.dialect === undefined ? {} : { dialect: options.dialect }),
  });
  onTestFinished(async () => {
    await client.close();
    await bus.close();
  });
  const robot = {
    commands: [] as KrytenCommand[],
    reply: { ok: true, data: { success: true } } as KrytenReply,
    rank: 3,
  };
  const answerRobot = () =>
    bus.respond("kryten.robot.command", async ({ data }) => {
      const command = decodeKrytenCommand(data);
      if (command.command === "state.user")
        return encodeKrytenReply("robot", "state.user", { ok: false, error: "no", code: undefined });
      robot.commands.push(command);
      return encodeKrytenReply("robot", command.command, robot.reply);
    });
  let published = 0;
  const publish = async (
    eventName: string,
    payload: unknown,
    at: { readonly channel?: string; readonly domain?: string; readonly id?: string } = {},
  ) => {
    const { channel = "lounge", domain = "cytu.be", id = `${published++}` } = at;
    const data = encodeKrytenEvent({
      eventName,
      payload,
      channel,
      domain,
      publishedAtMs: clock.now(),
      correlationId: id,
    });
    await bus.send(eventSubject(channel, eventName), data, { id });
  };
  const settle = () => clock.advance(0);
  return { bus, clock, client, robot, answerRobot, publish, settle };
}

const chat = (msg: string) => ({ username: "ada", msg, meta: {}, time: 1 });

test("building a client touches nothing; a plain object and a parsed one do", () => {
  const fromPlain = createKrytenClient({ config: plain });
  expect(fromPlain.config.retryAttempts).toBe(3);
  expect(createKrytenClient({ config: parseKrytenConfig(plain) }).config).toEqual(fromPlain.config);
  expect(() => createKrytenClient({ config: {} })).toThrow(expect.objectContaining({ code: "KRYTEN_CONFIG_INVALID" }));
});

test("what needs a connection says so without one", async () => {
  const client = createKrytenClient({ config: plain });
  await expect(client.run()).rejects.toMatchObject({ code: "BRIDGE_NOT_CONNECTED" });
  await expect(client.commands.clearPlaylist("lounge")).rejects.toMatchObject({ code: "BRIDGE_NOT_CONNECTED" });
  expect(() => client.bus).toThrow(expect.objectContaining({ code: "BRIDGE_NOT_CONNECTED" }));
  await expect(client.connect()).rejects.toMatchObject({ code: "BRIDGE_CONNECT_FAILED" });
  await client.disconnect();
});

test("handlers get typed events of their name, in any case, raw ones under *", async () => {
  const { client, publish, settle } = await setUp();
  const seen: unknown[] = [];
  client.on("chatmsg", (event) => {
    expectTypeOf(event.payload.msg).toBeString();
    seen.push(event.payload.msg);
  });
  client.on("addUser", (event) => {
    expectTypeOf(event.payload.rank).toBeNumber();
    seen.push(event.payload.rank);
  });
  client.on("novelty", (event) => void seen.push(event.payload));
  client.on("*", (event) => void seen.push(`any ${event.eventName}`));
  await client.connect();
  await publish("chatMsg", chat("hello"));
  await publish("addUser", { name: "ada", rank: 1.5 });
  await publish("novelty", { new: true });
  await publish("chatMsg", "not what CyTube promises");
  await settle();
  expect(seen.filter((each) => typeof each !== "string" || !each.startsWith("any"))).toEqual([
    "hello",
    1.5,
    { new: true },
  ]);
  expect(seen.filter((each) => typeof each === "string" && each.startsWith("any"))).toEqual([
    "any chatMsg",
    "any addUser",
    "any novelty",
    "any chatMsg",
  ]);
});

test("a handler can be limited to a channel and a domain, and only configured channels are heard", async () => {
  const channels = [
    { domain: "cytu.be", channel: "lounge" },
    { domain: "other.tv", channel: "lounge" },
    { domain: "cytu.be", channel: "Cinema!" },
  ];
  const { client, publish, settle } = await setUp({ config: { channels } });
  const seen: string[] = [];
  client.on("usercount", (event) => void seen.push(`all ${event.domain}/${event.channel}`));
  client.on("usercount", { channel: "cinema" }, () => void seen.push("cinema"));
  client.on("usercount", { channel: "lounge", domain: "other.tv" }, () => void seen.push("other lounge"));
  await client.connect();
  await publish("usercount", 1);
  await publish("usercount", 1, { domain: "other.tv" });
  await publish("usercount", 1, { channel: "Cinema!" });
  await publish("usercount", 1, { domain: "stranger.tv" });
  await publish("usercount", 1, { channel: "elsewhere" });
  await settle();
  expect(seen.sort()).toEqual([
    "all cytu.be/Cinema!",
    "all cytu.be/lounge",
    "all other.tv/lounge",
    "cinema",
    "other lounge",
  ]);
});

test("events of a channel are handled in order; a slow handler holds up no other", async () => {
  const { client, publish, settle } = await setUp();
  const gate = Promise.withResolvers<void>();
  const slow: string[] = [];
  const fast: string[] = [];
  client.on("chatMsg", async ({ payload }) => {
    await gate.promise;
    slow.push(payload.msg);
  });
  client.on("chatMsg", async ({ payload }) => void fast.push(payload.msg));
  await client.connect();
  for (const text of ["1", "2", "3"]) await publish("chatMsg", chat(text));
  await settle();
  expect([slow, fast]).toEqual([[], ["1", "2", "3"]]);
  gate.resolve();
  await settle();
  expect(slow).toEqual(["1", "2", "3"]);
});

test("a handler that takes too long has its signal aborted; its channel goes on", async () => {
  const { client, clock, publish, settle } = await setUp({ config: { handler_timeout: 2 } });
  const signals: AbortSignal[] = [];
  client.on("chatMsg", (_, { signal }) => {
    signals.push(signal);
    return signals.length === 1 ? new Promise(() => {}) : undefined;
  });
  await client.connect();
  await publish("chatMsg", chat("1"));
  await publish("chatMsg", chat("2"));
  await settle();
  expect(signals).toHaveLength(1);
  await clock.advance(2_000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  expect(client.health()).toMatchObject({ handlerTimeouts: 1, handlerErrors: 1 });
});

test("an event that comes twice is handled once, and what is no event is counted", async () => {
  const { bus, client, publish, settle } = await setUp();
  const seen: string[] = [];
  const listening = client.on("chatMsg", ({ payload }) => void seen.push(payload.msg));
  await client.connect();
  await publish("chatMsg", chat("once"), { id: "same" });
  await publish("chatMsg", chat("once"), { id: "same" });
  await bus.send("kryten.events.cytube.lounge.chatmsg", new TextEncoder().encode("{"));
  await settle();
  listening[Symbol.dispose]();
  await publish("chatMsg", chat("after"));
  await settle();
  expect(seen).toEqual(["once"]);
  expect(client.health()).toMatchObject({ received: 2, duplicates: 1, malformed: 1, connected: true });
});

test("a handler that fails is logged and stops nothing", async () => {
  const bus = createMemoryBus();
  const errors: unknown[] = [];
  const logger = {
    ...silentLogger,
    error: (message: string, fields?: LogFields) => void errors.push([message, fields?.error]),
  };
  await using client = createKrytenClient({ config: plain, bus, logger });
  const seen: unknown[] = [];
  client.on("usercount", ({ payload }) => {
    seen.push(payload);
    throw new Error("no");
  });
  await client.connect();
  for (const payload of [1, 2]) {
    const event = { eventName: "usercount", payload, channel: "lounge", domain: "cytu.be" };
    await bus.send(
      eventSubject("lounge", "usercount"),
      encodeKrytenEvent({ ...event, publishedAtMs: 0, correlationId: "x" }),
    );
  }
  await expect
    .poll(() => errors)
    .toMatchObject([
      ["event handler failed", { message: "no" }],
      ["event handler failed", { message: "no" }],
    ]);
  expect(seen).toEqual([1, 2]);
  await bus.close();
});

test("a handler that is added after connecting hears events too", async () => {
  const { client, publish, settle } = await setUp();
  await client.connect();
  const seen: string[] = [];
  client.on("chatMsg", ({ payload }) => void seen.push(payload.msg));
  await settle();
  await publish("chatMsg", chat("late"));
  await settle();
  expect(seen).toEqual(["late"]);
});

test("a command is confirmed and has an id; what the robot refuses is an error with its reason", async () => {
  const { client, robot, answerRobot } = await setUp();
  await answerRobot();
  await client.connect();
  const id = await client.commands.setMotd("lounge", "<b>Hi</b>");
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(robot.commands).toMatchObject([
    { command: "setMotd", args: { motd: "<b>Hi</b>" }, channel: "lounge", domain: "cytu.be", requestId: id },
  ]);
  await client.commands.setMotd("lounge", "x", { domain: "other.tv" });
  expect(robot.commands[1]?.domain).toBe("other.tv");
  robot.reply = { ok: true, data: { success: false, error: "No such item" } };
  await expect(client.commands.deleteMedia("lounge", 0)).rejects.toMatchObject({
    code: "BRIDGE_COMMAND_REFUSED",
    message: expect.stringContaining("No such item"),
  });
  expect(client.health()).toMatchObject({ commandsSent: 2, commandsFailed: 1 });
});

test("without confirmation a command is only published", async () => {
  const { bus, client } = await setUp();
  const sent: KrytenCommand[] = [];
  await bus.listen("kryten.robot.command", ({ data }) => void sent.push(decodeKrytenCommand(data)));
  await client.connect();
  const id = await client.commands.voteskip("lounge", { confirm: false });
  await expect.poll(() => sent).toMatchObject([{ command: "voteskip", requestId: id }]);
});

test("a command that nobody hears is tried again, as often as configured", async () => {
  const { clock, client, robot, answerRobot } = await setUp({ config: { retry_attempts: 2, retry_delay: 1 } });
  await client.connect();
  const lost = client.commands.playNext("lounge").catch((error: unknown) => error);
  await clock.advance(2_000);
  expect(await lost).toMatchObject({ code: "BRIDGE_NO_RESPONDER" });
  const found = client.commands.playNext("lounge");
  await clock.advance(500);
  await answerRobot();
  await clock.advance(500);
  await found;
  expect(robot.commands).toMatchObject([{ command: "playNext" }]);
});

test("the old dialect publishes on the channel's command subject", async () => {
  const { bus, client } = await setUp({ dialect: "legacy" });
  const sent: unknown[] = [];
  await bus.listen(
    "kryten.commands.cytube.>",
    ({ subject, data }) => void sent.push({ subject, ...decodeLegacyKrytenCommand(subject, data) }),
  );
  await client.connect();
  const id = await client.commands.sendChat("Lounge", "hi");
  await expect
    .poll(() => sent)
    .toMatchObject([
      { subject: "kryten.commands.cytube.lounge.chat", command: "chat", args: { message: "hi" }, requestId: id },
    ]);
});

test("chat goes out with pauses, other commands at once", async () => {
  const { clock, client, robot, answerRobot } = await setUp({ config: { chat_min_delay: 1, chat_jitter: 0 } });
  await answerRobot();
  await client.connect();
  const all = [client.commands.sendChat("lounge", "1"), client.commands.sendPrivateMessage("lounge", "ada", "2")];
  await client.commands.voteskip("lounge");
  expect(robot.commands.map(({ command }) => command).sort()).toEqual(["say", "voteskip"]);
  await clock.advance(1_000);
  await Promise.all(all);
  expect(robot.commands.at(-1)).toMatchObject({ command: "pm", args: { to: "ada", msg: "2" } });
});

test("a safe command asks for the true rank first and reports instead of throwing", async () => {
  const { bus, client, robot, answerRobot } = await setUp();
  await client.connect();
  const without = await client.safe.setMotd("lounge", "x");
  expect(without).toMatchObject({ success: false, rank: undefined, error: expect.stringContaining("Nobody answers") });
  await answerRobot();
  await bus.respond("kryten.user_level.cytu.be.lounge", async () =>
    encodeJsonBytes({ success: true, rank: robot.rank, username: "bot" }),
  );
  const done = await client.safe.setMotd("lounge", "x");
  expect(done).toMatchObject({ success: true, rank: 3, messageId: robot.commands.at(-1)?.requestId });
  robot.rank = 1.5;
  const before = robot.commands.length;
  const { safe } = client;
  const filter = { source: "a", flags: "g", replace: "b" };
  const refused = await Promise.all([
    safe.assignLeader("lounge", "ada"),
    safe.setMotd("lounge", "x"),
    safe.setChannelRank("lounge", "ada", 2),
    safe.updateEmote("lounge", ":x:", "https://a.example/x.gif"),
    safe.addFilter("lounge", "f", filter),
    safe.setOptions("lounge", { voteskip_ratio: 0.6 }),
  ]);
  for (const result of refused) expect(result).toMatchObject({ success: false, rank: 1.5 });
  expect(robot.commands).toHaveLength(before);
  robot.rank = 3;
  robot.reply = { ok: false, error: "CyTube said no", code: undefined };
  expect(await safe.setMotd("lounge", "x")).toMatchObject({
    success: false,
    rank: 3,
    error: expect.stringContaining("CyTube said no"),
  });
});

test("a service is announced at startup, beats, and says why it leaves", async () => {
  const { bus, clock, client } = await setUp({ config: { service: { name: "Demo", version: "2.0.0" } } });
  const seen: string[] = [];
  await bus.listen("kryten.lifecycle.>", ({ subject, data }) => {
    const { version, reason } = decodeLifecycle(data);
    seen.push([subject.split(".").slice(2).join(" "), version, reason].filter(Boolean).join(" "));
  });
  await client.connect();
  await clock.advance(30_000);
  await client.disconnect("Done for today");
  await clock.advance(60_000);
  expect(seen).toEqual([
    "demo startup 2.0.0",
    "demo heartbeat 2.0.0",
    "demo heartbeat 2.0.0",
    "demo shutdown 2.0.0 Done for today",
  ]);
  expect(clock.pendingTimers).toBe(0);
});

test("run ends when stop is called, when its signal aborts, or when the client disconnects", async () => {
  const { client } = await setUp();
  await client.connect();
  const signals = process.listenerCount("SIGTERM");
  const running = client.run();
  client.stop();
  await running;
  await client.disconnect();
  await client.connect();
  const second = client.run();
  await client.disconnect();
  await second;
  await client.connect();
  await client.run({ signal: AbortSignal.abort() });
  expect(process.listenerCount("SIGTERM")).toBe(signals);
});

test("leaving the scope disconnects, also after an error", async () => {
  const bus = createMemoryBus();
  const config = { ...plain, service: { name: "scoped" } };
  const left: string[] = [];
  await bus.listen(
    "kryten.lifecycle.scoped.shutdown",
    ({ data }) => void left.push(decodeLifecycle(data).reason ?? ""),
  );
  const use = async () => {
    await using client = createKrytenClient({ config, bus });
    await client.connect();
    throw new Error("something else");
  };
  await expect(use()).rejects.toThrow("something else");
  expect(left).toEqual(["Normal shutdown"]);
  await bus.close();
});

test("disconnecting lets handlers finish, and gives up on those that do not", async () => {
  const { clock, client, publish, settle } = await setUp();
  const gate = Promise.withResolvers<void>();
  const log: string[] = [];
  client.on("chatMsg", async ({ payload }) => {
    await gate.promise;
    log.push(payload.msg);
  });
  await client.connect();
  await publish("chatMsg", chat("kept"));
  await settle();
  const leaving = client.disconnect();
  gate.resolve();
  await leaving;
  expect(log).toEqual(["kept"]);
  client.on("usercount", () => new Promise(() => {}));
  await client.connect();
  await publish("usercount", 1);
  await settle();
  const stuck = client.disconnect();
  await clock.advance(5_000);
  await stuck;
});

test("publish normalises the subject, subscribe hears it, request unwraps the answer", async () => {
  const { bus, client } = await setUp();
  await client.connect();
  const seen: string[] = [];
  await client.subscribe(
    "kryten.events.>",
    (data, subject) => void seen.push(`${subject} ${new TextDecoder().decode(data)}`),
  );
  await client.publish("kryten.events.My Bot!.Level_Up", { user: "ada" });
  await expect.poll(() => seen).toEqual(['kryten.events.my-bot.level_up {"user":"ada"}']);
  await expect(client.publish("kryten..x", 1)).rejects.toMatchObject({ code: "KRYTEN_SUBJECT_INVALID" });
  await bus.respond("kryten.economy.command", async ({ data }) => {
    const { command, args } = decodeKrytenCommand(data);
    return encodeKrytenReply(
      "economy",
      command,
      args.username === "ada" ? { ok: true, data: { balance: 5 } } : { ok: false, error: "who?", code: undefined },
    );
  });
  expect(await client.request("economy", "balance.get", { username: "ada" })).toEqual({ balance: 5 });
  await expect(client.request("economy", "balance.get", {})).rejects.toMatchObject({ code: "BRIDGE_COMMAND_REFUSED" });
});

test("the health server tells what the client knows, on loopback", async () => {
  const { client, publish, settle } = await setUp({ config: { metrics: { port: 0 }, service: { name: "demo" } } });
  client.on("usercount", () => {});
  await client.connect();
  await publish("usercount", 3);
  await settle();
  const url = client.healthServer?.url ?? "";
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({
    status: "healthy",
    received: 1,
    channels: ["cytu.be/Lounge"],
  });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain("\nkryten_events_received_total 1\n");
  expect((await fetch(`${url}/other`)).status).toBe(404);
  expect((await fetch(`${url}/livez`, { method: "POST" })).status).toBe(405);
});

test("connecting twice at once is connecting once, and disconnecting meanwhile ends it", async () => {
  const { bus, client, settle } = await setUp({ config: { service: { name: "demo" } } });
  const announced: string[] = [];
  await bus.listen("kryten.lifecycle.demo.*", ({ subject }) => void announced.push(subject.split(".").at(-1) ?? ""));
  await Promise.all([client.connect(), client.connect()]);
  await settle();
  expect(announced).toEqual(["startup", "heartbeat"]);
  await client.disconnect();
  const connecting = client.connect();
  await Promise.all([connecting, client.disconnect()]);
  await settle();
  expect(client.lifecycle).toBeUndefined();
  expect(announced).toEqual(["startup", "heartbeat", "shutdown", "startup", "heartbeat", "shutdown"]);
});

test("run ends with a failure when the bus has closed for good", async () => {
  const { client, bus } = await setUp();
  await client.connect();
  const running = client.run();
  const failure = expect(running).rejects.toMatchObject({ code: "BRIDGE_CLOSED" });
  await bus.close();
  await failure;
});
