import { io, type Socket } from "socket.io-client";
import { startCytubeSimulator, type CytubeSimulatorOptions } from "@antiphon/sim/cytube";
import { decodeKrytenReply, decodeLifecycle, encodeJsonBytes, type KrytenEvent } from "@antiphon/protocol/kryten";
import { systemClock, type Clock } from "@antiphon/std";
import { expect, onTestFinished, test } from "vitest";
import { createMemoryBus, type CoreBus } from "../src/index.ts";
import { createKrytenClient, openKeyValueStore } from "../src/kryten/index.ts";
import { openRobot, type RobotOptions } from "../src/robot/index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A site with a channel, a bus, a robot of rank 3 there, and a client. */
async function setUp(
  options: {
    readonly simulator?: CytubeSimulatorOptions;
    readonly robot?: Partial<RobotOptions>;
    readonly bus?: CoreBus;
  } = {},
) {
  const simulator = await startCytubeSimulator({
    accounts: [
      { name: "bot1", password: "pw-bot1", channelRanks: { lounge: 3 } },
      { name: "mod1", password: "pw-mod1", channelRanks: { lounge: 2 } },
    ],
    media: [
      { type: "yt", id: "one", title: "One", seconds: 120 },
      { type: "yt", id: "two", title: "Two", seconds: 60 },
      { type: "yt", id: "three", title: "Three", seconds: 60 },
    ],
    limits: { connections: false, guestLogins: false },
    ...options.simulator,
  });
  const bus = options.bus ?? createMemoryBus();
  const { domain } = simulator;
  const startRobot = () =>
    openRobot({
      bus,
      domain,
      siteUrl: simulator.url,
      channel: "lounge",
      username: "bot1",
      password: "pw-bot1",
      ...options.robot,
    });
  const client = createKrytenClient({
    config: {
      nats: { servers: "x" },
      channels: [{ domain, channel: "lounge" }],
      chat_min_delay: 0,
      chat_jitter: 0,
      retry_attempts: 0,
    },
    bus,
  });
  const events: KrytenEvent[] = [];
  client.on("*", (event) => void events.push(event));
  await client.connect();
  const robot = await startRobot();
  onTestFinished(async () => {
    await robot.close();
    await client.close();
    await bus.close();
    await simulator.close();
  });
  const of = (name: string) => events.filter(({ eventName }) => eventName === name).map(({ payload }) => payload);
  const chat = () => of("chatMsg").map((payload) => (payload as { readonly msg: string }).msg);
  return {
    simulator,
    channel: () => simulator.channel("lounge"),
    bus,
    robot,
    startRobot,
    client,
    commands: client.commands,
    events,
    of,
    chat,
  };
}

/** Somebody at a browser. */
async function visit(url: string, name: string): Promise<Socket> {
  const socket = io(url, {
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    extraHeaders: { "x-forwarded-for": `10.0.0.${name.length}` },
  });
  onTestFinished(() => void socket.close());
  socket.emit("joinChannel", { name: "lounge" });
  await new Promise((resolve) => void socket.once("userlist", resolve));
  socket.emit("login", { name });
  await new Promise((resolve) => void socket.once("login", resolve));
  return socket;
}

test("frames of the channel come to the bus as typed events, in order", async () => {
  const { simulator, events, chat } = await setUp();
  const guest = await visit(simulator.url, "guest");
  for (let index = 0; index < 10; index++) guest.emit("chatMsg", { msg: `line ${index}`, meta: {} });
  await expect.poll(() => chat().at(-1)).toBe("line 9");
  expect(chat().filter((line) => line.startsWith("line"))).toEqual(
    Array.from({ length: 10 }, (_, index) => `line ${index}`),
  );
  const first = events.find(({ eventName }) => eventName === "chatMsg");
  expect(first).toMatchObject({
    known: true,
    channel: "lounge",
    domain: simulator.domain,
    timestamp: expect.stringMatching(/\+00:00$/),
  });
  expect(first?.correlationId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("chat and private messages arrive, and what CyTube drops is refused", async () => {
  const { simulator, channel, commands, chat } = await setUp();
  const guest = await visit(simulator.url, "guest");
  const pms: unknown[] = [];
  guest.on("pm", (message) => void pms.push(message));
  await commands.sendChat("lounge", "it's <b> & *bold*");
  await expect.poll(chat).toContain("it's &lt;b&gt; &amp; <strong>bold</strong>");
  await commands.sendPrivateMessage("lounge", "guest", "psst");
  expect(pms).toMatchObject([{ username: "bot1", msg: "psst", to: "guest" }]);
  await expect(commands.sendPrivateMessage("lounge", "nobody", "psst")).rejects.toMatchObject({
    code: "BRIDGE_COMMAND_REFUSED",
    details: { robotCode: "ROBOT_CYTUBE_REFUSED" },
  });
  expect(
    channel()
      .users.map(({ name }) => name)
      .sort(),
  ).toEqual(["bot1", "guest"]);
});

test("the playlist does what it is told, uid 0 included", async () => {
  const { channel, commands, robot } = await setUp();
  const ids = () => channel().playlist.map(({ media }) => media.id);
  expect((await commands.addMedia("lounge", "yt", "one")).uid).toBe(0);
  expect((await commands.addMedia("lounge", "yt", "two", { temporary: false })).uid).toBe(1);
  expect((await commands.addMedia("lounge", "yt", "three", { position: "next" })).uid).toBe(2);
  expect(ids()).toEqual(["one", "three", "two"]);
  await commands.moveMedia("lounge", 0, "append");
  expect(ids()).toEqual(["three", "two", "one"]);
  await commands.moveMedia("lounge", 1, "prepend");
  await commands.moveMedia("lounge", 1, 2);
  expect(ids()).toEqual(["three", "two", "one"]);
  await commands.setTemporary("lounge", 1, true);
  await commands.setTemporary("lounge", 1, false);
  expect(channel().playlist[1]).toMatchObject({ uid: 1, temp: false });
  await commands.jumpTo("lounge", 1);
  expect(channel()).toMatchObject({ currentUid: 1 });
  await commands.playNext("lounge");
  expect(channel().currentUid).toBe(2);
  await commands.deleteMedia("lounge", 2);
  expect(robot.state.items).toEqual(channel().playlist);
  await commands.shufflePlaylist("lounge");
  await commands.clearPlaylist("lounge");
  expect(channel().playlist).toEqual([]);
  expect(robot.state).toMatchObject({ items: [], current: undefined });
  const refused = { code: "BRIDGE_COMMAND_REFUSED" };
  await expect(commands.deleteMedia("lounge", 99)).rejects.toMatchObject({
    ...refused,
    details: { robotCode: "ROBOT_NOTHING_THERE" },
  });
  await expect(commands.addMedia("lounge", "yt", "unknown")).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining("Video not found"),
  });
});

test("pause, seek and play go through the lead", async () => {
  const { channel, commands } = await setUp();
  await expect(commands.pause("lounge")).rejects.toMatchObject({ details: { robotCode: "ROBOT_NOTHING_THERE" } });
  await commands.addMedia("lounge", "yt", "one");
  await commands.pause("lounge");
  expect(channel()).toMatchObject({ paused: true, leader: "bot1" });
  await commands.seek("lounge", 42.5);
  expect(channel()).toMatchObject({ currentTimeSeconds: 42.5, paused: true });
  await commands.play("lounge");
  expect(channel()).toMatchObject({ paused: false, leader: undefined });
});

test("users are kicked, muted, led, ranked, banned and unbanned", async () => {
  const { simulator, channel, commands, robot } = await setUp();
  const userNamed = (name: string) => channel().users.find((user) => user.name === name);
  await visit(simulator.url, "guest");
  await expect.poll(() => robot.state.users.map(({ name }) => name)).toContain("guest");
  await commands.muteUser("lounge", "guest");
  expect(userNamed("guest")).toMatchObject({ muted: true, shadowMuted: false });
  await commands.unmuteUser("lounge", "guest");
  await commands.shadowMuteUser("lounge", "guest");
  expect(userNamed("guest")).toMatchObject({ muted: false, shadowMuted: true });
  await commands.unmuteUser("lounge", "guest");
  expect(userNamed("guest")).toMatchObject({ muted: false, shadowMuted: false });
  await commands.assignLeader("lounge", "guest");
  expect(userNamed("guest")?.rank).toBe(1.5);
  await commands.assignLeader("lounge", "");
  await commands.setChannelRank("lounge", "guest", 2);
  expect(userNamed("guest")?.rank).toBe(2);
  await commands.setChannelRank("lounge", "mod1", 1);
  expect(await commands.requestChannelRanks("lounge")).toContainEqual({ name: "mod1", rank: 1, channel: "lounge" });
  await commands.kickUser("lounge", "guest", "spam");
  expect(userNamed("guest")).toBeUndefined();
  await expect(commands.kickUser("lounge", "guest")).rejects.toMatchObject({
    details: { robotCode: "ROBOT_NOTHING_THERE" },
  });
  await commands.banUser("lounge", "guest", "bad");
  expect(await commands.requestBanlist("lounge")).toEqual([
    { id: 1, ip: "*", name: "guest", reason: "bad", bannedby: "bot1" },
  ]);
  await commands.unban("lounge", 1);
  expect(channel().bans).toEqual([]);
  await expect(commands.unban("lounge", 7)).rejects.toMatchObject({ details: { robotCode: "ROBOT_NOTHING_THERE" } });
});

test("a vote to skip counts", async () => {
  const { simulator, channel, commands } = await setUp();
  await visit(simulator.url, "guest1");
  await visit(simulator.url, "guest22");
  await commands.addMedia("lounge", "yt", "one");
  await commands.voteskip("lounge");
  expect(channel().skipVotes).toBe(1);
});

test("message of the day, looks, settings, permissions, emotes and filters are set", async () => {
  const { channel, commands } = await setUp();
  await commands.setMotd("lounge", "<h1>Hi</h1>");
  await commands.setChannelCss("lounge", "body{}");
  await commands.setChannelJs("lounge", "1");
  await commands.setOptions("lounge", { voteskip_ratio: 0.6 });
  await commands.setPermissions("lounge", { chat: 1 });
  await commands.updateEmote("lounge", ":k:", "https://a.example/k.gif");
  const filter = { source: "foo", flags: "gi", replace: "bar" };
  await commands.addFilter("lounge", "n", filter);
  await commands.updateFilter("lounge", "n", { ...filter, active: false });
  expect(channel()).toMatchObject({
    motd: "<h1>Hi</h1>",
    css: "body{}",
    js: "1",
    options: { voteskip_ratio: 0.6 },
    permissions: { chat: 1 },
    emotes: [{ name: ":k:", image: "https://a.example/k.gif" }],
  });
  expect(channel().filters.at(-1)).toMatchObject({ name: "n", active: false });
  await commands.removeEmote("lounge", ":k:");
  await commands.removeFilter("lounge", "n");
  expect(channel().emotes).toEqual([]);
  expect(channel().filters).toHaveLength(5);
  await expect(commands.setOptions("lounge", { voteskip_ratio: 7 })).rejects.toMatchObject({
    code: "BRIDGE_COMMAND_REFUSED",
  });
  await expect(commands.addFilter("lounge", "bad", { ...filter, source: "(" })).rejects.toMatchObject({
    message: expect.stringContaining("Invalid regex"),
  });
});

test("polls are opened, voted in and closed; without one there is nothing to do", async () => {
  const { channel, commands } = await setUp();
  await expect(commands.vote("lounge", 0)).rejects.toMatchObject({ details: { robotCode: "ROBOT_NOTHING_THERE" } });
  await expect(commands.closePoll("lounge")).rejects.toMatchObject({ code: "BRIDGE_COMMAND_REFUSED" });
  await commands.newPoll("lounge", "T", ["a", "b"], { timeoutSeconds: 60 });
  await commands.vote("lounge", 1);
  expect(channel().poll).toMatchObject({ title: "T", counts: [0, 1] });
  await commands.closePoll("lounge");
  expect(channel().poll).toBeUndefined();
});

test("log and library are read, without addresses and with as many lines as asked", async () => {
  const { channel, commands } = await setUp();
  await commands.addMedia("lounge", "yt", "one", { temporary: false });
  const found = await commands.searchLibrary("lounge", "on");
  expect(found).toMatchObject([{ id: "one", title: "One" }]);
  await commands.deleteFromLibrary("lounge", "one");
  expect(channel().library.size).toBe(0);
  await commands.sendChat("lounge", "from 192.168.1.5");
  expect(await commands.readChannelLog("lounge", { count: 1 })).toEqual([expect.stringContaining("from [address]")]);
});

test("safe commands know the true rank", async () => {
  const { simulator, client, robot } = await setUp();
  expect(await client.robotRank("lounge")).toEqual({ rank: 3, username: "bot1" });
  expect(await client.safe.setMotd("lounge", "safe")).toMatchObject({ success: true, rank: 3 });
  expect(simulator.channel("lounge").motd).toBe("safe");
  await robot.close();
  const guests = await setUp({ robot: { username: "visitor", password: undefined } });
  expect(await guests.client.safe.setMotd("lounge", "no")).toMatchObject({ success: false, rank: 0 });
  await expect(guests.commands.setMotd("lounge", "no")).rejects.toMatchObject({
    details: { robotCode: "ROBOT_RANK_TOO_LOW" },
  });
});

test("the state is mirrored exactly, and watched", async () => {
  const { simulator, bus, commands, robot } = await setUp();
  await commands.addMedia("lounge", "yt", "one");
  await commands.setMotd("lounge", "<b>Hi</b>");
  await commands.updateEmote("lounge", ":k:", "https://a.example/k.gif");
  await robot.settled();
  const playlist = await openKeyValueStore(bus, "kryten_lounge_playlist");
  expect((await playlist.get("items"))?.value).toEqual(robot.state.items);
  expect((await playlist.get("current"))?.value).toMatchObject({ id: "one", uid: 0 });
  const kept = await openKeyValueStore(bus, "kryten_lounge_state");
  expect(await kept.getText("motd")).toBe("<b>Hi</b>");
  expect((await kept.get("permissions"))?.value).toEqual(simulator.channel("lounge").permissions);
  expect((await (await openKeyValueStore(bus, "kryten_lounge_emotes")).get("list"))?.value).toMatchObject([
    { name: ":k:" },
  ]);
  await commands.deleteMedia("lounge", 0);
  await robot.settled();
  expect((await playlist.get("items"))?.value).toEqual([]);
  expect((await (await openKeyValueStore(bus, "kryten_lounge_userlist")).get("users"))?.value).toMatchObject([
    { name: "bot1", rank: 3 },
  ]);
});

test("addresses, aliases and the channel's password stay out of events and state, unless wanted", async () => {
  const { simulator, bus, client, events, robot } = await setUp({ robot: { channelPassword: "sesame" } });
  await visit(simulator.url, "guest");
  simulator.setChannelPassword("lounge", "sesame");
  await client.commands.setOptions("lounge", { show_public: true });
  await robot.settled();
  const said = JSON.stringify([
    events,
    await client.request("robot", "state.all"),
    await client.request("robot", "state.options"),
    await (await openKeyValueStore(bus, "kryten_lounge_state")).getText("options"),
    await (await openKeyValueStore(bus, "kryten_lounge_userlist")).getText("users"),
  ]);
  expect(said).not.toContain("sesame");
  expect(said).not.toMatch(/"ip":|"aliases":/);
  expect(JSON.stringify(robot.state)).toContain("sesame");
});

test("chat that a join replays is not published again, neither after a reconnect nor by a new robot", async () => {
  const { simulator, robot, startRobot, chat, channel } = await setUp();
  const guest = await visit(simulator.url, "guest");
  for (const msg of ["one", "two", "three"]) guest.emit("chatMsg", { msg, meta: {} });
  await expect.poll(chat).toEqual(expect.arrayContaining(["one", "two", "three"]));
  const left = new Promise((resolve) => void robot.on("left", resolve));
  const back = new Promise((resolve) => void robot.on("joined", resolve));
  simulator.dropConnections();
  await left;
  const other = await visit(simulator.url, "other");
  other.emit("chatMsg", { msg: "while away", meta: {} });
  await back;
  await expect.poll(chat).toContain("while away");
  expect(robot.stats).toMatchObject({ reconnects: 1, replayed: 3 });
  await robot.close();
  await expect.poll(() => channel().users.map(({ name }) => name)).toEqual(["other"]);
  other.emit("chatMsg", { msg: "between robots", meta: {} });
  const second = await startRobot();
  onTestFinished(() => second.close());
  await expect.poll(chat).toContain("between robots");
  const lines = chat().filter((line) => ["one", "two", "three", "while away", "between robots"].includes(line));
  expect(lines).toEqual(["one", "two", "three", "while away", "between robots"]);
});

test("each request gets one answer: unknown, disabled, malformed and misdirected ones too", async () => {
  const { bus, client, simulator } = await setUp();
  const ask = async (value: unknown) =>
    decodeKrytenReply(await bus.request("kryten.robot.command", encodeJsonBytes(value), { timeoutMs: 30_000 }));
  expect(await ask({ command: "no.such" })).toMatchObject({ ok: false, code: "ROBOT_COMMAND_UNKNOWN" });
  expect(await ask({ command: "constructor" })).toMatchObject({ ok: false, code: "ROBOT_COMMAND_UNKNOWN" });
  expect(await ask({ command: "system.shutdown" })).toMatchObject({ ok: false, code: "ROBOT_COMMAND_DISABLED" });
  expect(await ask({ service: "economy", command: "x" })).toMatchObject({ ok: false, code: "ROBOT_WRONG_SERVICE" });
  expect(await ask({ service: "robot" })).toMatchObject({ ok: false, code: "ROBOT_MESSAGE_INVALID" });
  expect(await ask({ command: "rmvideo", args: { uid: "x" } })).toMatchObject({
    ok: false,
    code: "ROBOT_ARGUMENT_INVALID",
  });
  expect(decodeKrytenReply(await bus.request("kryten.robot.command", bytes("{oops")))).toMatchObject({
    ok: false,
    code: "ROBOT_MESSAGE_INVALID",
  });
  const elsewhere = { command: "system.ping", meta: { channel: "other", domain: simulator.domain } };
  await expect(ask(elsewhere)).rejects.toMatchObject({ code: "BRIDGE_REQUEST_TIMED_OUT" });
  expect(await client.request("robot", "system.ping")).toMatchObject({
    pong: true,
    cytube_connected: true,
    channel: "lounge",
  });
  expect(await client.request("robot", "system.channels")).toEqual({
    channels: [{ domain: simulator.domain, channel: "lounge", connected: true }],
  });
});

test("a command that comes twice under one id is done once", async () => {
  const { bus, channel } = await setUp();
  const command = encodeJsonBytes({
    command: "addvideo",
    args: { type: "yt", id: "one" },
    meta: { request_id: "same" },
  });
  const answers = await Promise.all([1, 2].map(() => bus.request("kryten.robot.command", command)));
  expect(answers.map((answer) => decodeKrytenReply(answer))).toEqual(
    Array.from({ length: 2 }, () => ({ ok: true, data: { success: true, uid: 0 } })),
  );
  expect(channel().playlist).toHaveLength(1);
});

test("the old dialect and kryten-py's own names for commands are understood", async () => {
  const { bus, channel, chat, client } = await setUp();
  await bus.send(
    "kryten.commands.cytube.lounge.chat",
    encodeJsonBytes({ action: "chat", data: { message: "legacy path" } }),
  );
  await expect.poll(chat).toContain("legacy path");
  const python = (command: string, args: object) => client.request("robot", command, { args });
  await python("newPoll", { title: "T", opts: ["a", "b"], obscured: false, timeout: 0 });
  expect(channel().poll).toMatchObject({ title: "T" });
  await python("set_motd", { motd: "snake" });
  expect(channel().motd).toBe("snake");
  expect(await python("searchMedia", { query: "x" })).toMatchObject({ results: [] });
  await python("playlist.queue", { media_type: "yt", media_id: "one" });
  expect(channel().playlist).toHaveLength(1);
});

test("the robot announces itself, its connection and its end", async () => {
  const bus = createMemoryBus();
  const seen: string[] = [];
  await bus.listen("kryten.lifecycle.robot.*", ({ subject, data }) => {
    decodeLifecycle(data);
    seen.push(subject.split(".").at(-1) ?? "");
  });
  const { robot } = await setUp({ bus });
  await expect.poll(() => seen).toEqual(["startup", "heartbeat", "connected"]);
  await robot.close();
  await expect.poll(() => seen.at(-1)).toBe("shutdown");
});

test("what keeps a robot out is said", async () => {
  const { simulator, bus } = await setUp();
  const open = (options: Partial<RobotOptions>) =>
    openRobot({ bus, domain: simulator.domain, siteUrl: simulator.url, channel: "cinema", username: "x", ...options });
  await expect(open({ username: "bot1", password: "wrong-secret" })).rejects.toMatchObject({
    code: "BRIDGE_CYTUBE_LOGIN_FAILED",
    message: expect.not.stringContaining("wrong-secret"),
  });
  simulator.setChannelPassword("cinema", "sesame");
  await expect(open({})).rejects.toMatchObject({ code: "BRIDGE_CYTUBE_LOGIN_FAILED" });
  await expect(open({ siteUrl: "http://127.0.0.1:1" })).rejects.toMatchObject({ code: "BRIDGE_CYTUBE_UNREACHABLE" });
});

test("a poll that ended while the robot was away is over", async () => {
  const gate = Promise.withResolvers<void>();
  const clock: Clock = { ...systemClock, sleep: () => gate.promise };
  const { simulator, robot, channel } = await setUp({ robot: { clock } });
  const login = { name: "mod1", pw: "pw-mod1" };
  const before = await visit(simulator.url, "mod1");
  before.emit("login", login);
  await new Promise((resolve) => void before.once("login", resolve));
  before.emit("newPoll", { title: "Tea?", opts: ["yes", "no"], obscured: false });
  await expect.poll(() => robot.state.poll?.title).toBe("Tea?");
  simulator.dropConnections();
  await expect.poll(() => robot.joined).toBe(false);
  const after = await visit(simulator.url, "mod1");
  after.emit("login", login);
  await new Promise((resolve) => void after.once("login", resolve));
  after.emit("closePoll");
  await expect.poll(() => channel().poll).toBeUndefined();
  gate.resolve();
  await expect.poll(() => robot.joined).toBe(true);
  expect(robot.state.poll).toBeUndefined();
});

test("an answer that no message carries is a refusal that says so, and the robot goes on", async () => {
  const { client, commands, robot } = await setUp();
  for (let index = 0; index < 60; index++)
    await commands.updateEmote("lounge", `:emote${index}:`, `https://example.com/${"x".repeat(20_000)}`);
  expect(robot.state.emotes).toHaveLength(60);
  await expect(client.request("robot", "state.emotes")).rejects.toMatchObject({
    code: "BRIDGE_COMMAND_REFUSED",
    details: { robotCode: "ROBOT_ANSWER_TOO_LARGE" },
  });
  await expect(client.request("robot", "state.motd")).resolves.toBeDefined();
});
