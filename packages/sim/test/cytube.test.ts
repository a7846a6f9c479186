import { readFileSync } from "node:fs";
import { createManualClock, createSeededRandom } from "@antiphon/std";
import { io, type Socket } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";
import { startCytubeSimulator, type CytubeSimulator, type CytubeSimulatorOptions } from "../src/cytube/index.ts";

interface Frame {
  readonly event: string;
  readonly payload: unknown;
}

const accounts = [
  { name: "bot1", password: "pw-bot1", channelRanks: { lounge: 3 } },
  { name: "mod1", password: "pw-mod1", channelRanks: { lounge: 2 } },
  { name: "owner1", password: "pw-owner1", channelRanks: { lounge: 5 } },
];
const song = { type: "cm", id: "http://127.0.0.1:18099/a.json", title: "Loopback test /a.json", seconds: 120 };

async function setUp(options: CytubeSimulatorOptions = {}) {
  const clock = createManualClock();
  const simulator = await startCytubeSimulator({
    accounts,
    media: [song],
    clock,
    limits: { connections: false, guestLogins: false },
    ...options,
  });
  onTestFinished(() => simulator.close());
  return { clock, simulator, channel: () => simulator.channel("lounge") };
}

/** A person at a browser, and what they see. */
function visit(simulator: CytubeSimulator, address = "10.0.0.1") {
  const socket: Socket = io(simulator.url, {
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    extraHeaders: { "x-forwarded-for": address },
  });
  onTestFinished(() => void socket.close());
  const frames: Frame[] = [];
  socket.onAny((event: string, payload: unknown) => void frames.push({ event, payload: payload ?? null }));
  const of = (event: string) => frames.filter((frame) => frame.event === event).map(({ payload }) => payload);
  return {
    socket,
    frames,
    of,
    names: () => frames.map(({ event }) => event),
    seen: (event: string, count = 1) => expect.poll(() => of(event).length).toBeGreaterThanOrEqual(count),
    /** Resolves when everything sent before has been handled. */
    async settled() {
      const before = of("pm").length + of("errorMsg").length;
      socket.emit("pm", { to: "?", msg: 5 });
      await expect.poll(() => of("pm").length + of("errorMsg").length).toBeGreaterThan(before);
    },
  };
}

async function join(simulator: CytubeSimulator, name: string, password?: string, address?: string) {
  const visitor = visit(simulator, address ?? `10.0.1.${name.length}`);
  visitor.socket.emit("joinChannel", { name: "lounge" });
  await visitor.seen("userlist");
  visitor.socket.emit("login", password === undefined ? { name } : { name, pw: password });
  await visitor.seen("login");
  await visitor.settled();
  return visitor;
}

// Captured from CyTube 3.86.0: a bot of rank 3 and a guest do one of everything.
const captured = readFileSync(new URL("../src/cytube/__fixtures__/cytube-frames.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map(
    (line) =>
      JSON.parse(line) as {
        readonly from?: string;
        readonly to?: string;
        readonly ev: string;
        readonly args: readonly unknown[];
      },
  );

test("the captured session gets the captured frames", async () => {
  // The capture's shuffle happened to leave the first where it was.
  const random = { ...createSeededRandom(1), shuffle: <T>(items: readonly T[]) => [...items] };
  const { clock, simulator } = await setUp({ random });
  const people = { bot: visit(simulator, "10.0.0.9"), guest: visit(simulator, "10.0.0.9") };
  let sent = 0;
  const arrived = () => simulator.transcript.filter(({ direction }) => direction === "in").length;
  for (const { from, ev, args } of captured) {
    if (from !== "bot" && from !== "guest") continue;
    if (ev === "shufflePlaylist") await clock.advance(3_000);
    people[from].socket.emit(ev, ...args.filter((each) => each !== null));
    sent++;
    await expect.poll(arrived, { interval: 1 }).toBe(sent);
  }
  expect(sent).toBeGreaterThan(50);
  await expect.poll(() => people.bot.of("banlistRemove").length).toBe(1);
  for (const name of ["bot", "guest"] as const) {
    const wanted = comparable(
      captured.filter(({ to }) => to === name).map(({ ev, args }) => ({ event: ev, payload: args[0] ?? null })),
    );
    // The capture ended before the last whisper.
    expect(comparable(people[name].frames).slice(0, wanted.length), name).toEqual(wanted);
  }
});

/** Frames without what differs between any two runs: times, addresses, random order, and the answers of the outside world. */
function comparable(frames: readonly Frame[]): unknown[] {
  const outside = new Set(["queueFail", "readChanLog", "usercount", "playlist"]);
  const counts = frames.filter(({ event }) => !outside.has(event));
  const text = JSON.stringify(counts)
    .replace(/"(time|timestamp)":\d+/g, '"$1":0')
    .replace(/"ip":"[^"]+"/g, '"ip":"x"')
    .replace(/"aliases":\[[^\]]*\]/g, '"aliases":[]')
    .replace(/"id":"cu:[^"]+"|"id":"<iframe[^>]*><\/iframe>"/g, '"id":"cu"')
    .replace(/"meta":\{"direct":.*?\}\]\}\}/g, '"meta":{}');
  return JSON.parse(text) as unknown[];
}

test("the socket configuration tells where to connect, and refuses names that are none", async () => {
  const { simulator } = await setUp();
  const found = await fetch(`${simulator.url}/socketconfig/lounge.json`);
  expect(await found.json()).toEqual({ servers: [{ url: simulator.url, secure: false }] });
  const refused = await fetch(`${simulator.url}/socketconfig/$invalid$.json`);
  expect(refused.status).toBe(404);
  expect(await refused.json()).toEqual({ error: 'Channel "$invalid$" does not exist.' });
});

test("logins fail for CyTube's reasons, and a second login of a name throws the first out", async () => {
  const { simulator } = await setUp();
  const bot = await join(simulator, "bot1", "pw-bot1");
  const errors: unknown[] = [];
  for (const login of [{ name: "bot1", pw: "wrong" }, { name: "mod1" }, { name: "a b" }]) {
    const visitor = visit(simulator, "10.9.9.9");
    visitor.socket.emit("joinChannel", { name: "lounge" });
    visitor.socket.emit("login", login);
    await visitor.seen("login");
    errors.push((visitor.of("login")[0] as { readonly error: string }).error);
  }
  expect(errors).toEqual([
    "Invalid username/password combination",
    "That username is registered.",
    expect.stringContaining("Invalid username."),
  ]);
  await join(simulator, "bot1", "pw-bot1", "10.7.7.7");
  await expect.poll(() => bot.of("kick")).toEqual([{ reason: "Duplicate login" }]);
});

test("the last 15 messages are repeated unchanged at every join", async () => {
  const { simulator } = await setUp();
  const bot = await join(simulator, "bot1", "pw-bot1");
  for (let index = 0; index < 18; index++) bot.socket.emit("chatMsg", { msg: `line ${index}`, meta: {} });
  await bot.seen("chatMsg", 18);
  const late = await join(simulator, "guest", undefined, "10.5.5.5");
  expect(late.of("chatMsg")).toEqual(bot.of("chatMsg").slice(3, 18));
});

test("a channel with a password asks for it", async () => {
  const { simulator } = await setUp();
  simulator.setChannelPassword("lounge", "sesame");
  const visitor = visit(simulator);
  visitor.socket.emit("joinChannel", { name: "lounge", pw: "wrong" });
  await visitor.seen("needPassword");
  expect(visitor.of("needPassword")).toEqual([true]);
  visitor.socket.emit("channelPassword", "sesame");
  await visitor.seen("channelOpts");
  expect(visitor.names()).toContain("cancelNeedPassword");
  expect(visitor.of("channelOpts")).toMatchObject([{ password: "sesame" }]);
  expect(JSON.stringify(simulator.transcript.filter(({ event }) => event === "joinChannel"))).not.toContain("wrong");
});

test("too much chat is dropped and the sender told to cool down", async () => {
  const { simulator } = await setUp();
  const bot = await join(simulator, "bot1", "pw-bot1");
  for (let index = 0; index < 30; index++) bot.socket.emit("chatMsg", { msg: `f${index}`, meta: {} });
  await bot.seen("cooldown");
  await bot.settled();
  expect(bot.of("chatMsg")).toHaveLength(20);
  expect(bot.of("cooldown")).toEqual(Array.from({ length: 10 }, () => 100));
});

test("connections and guests are limited by address", async () => {
  const { simulator } = await setUp({ limits: {} });
  const refusals: string[] = [];
  for (let index = 0; index < 7; index++) {
    const { socket } = visit(simulator, "10.1.1.1");
    await new Promise<void>((resolve) => {
      socket.once("connect", resolve);
      socket.once("connect_error", ({ message }) => {
        refusals.push(message);
        resolve();
      });
    });
  }
  expect(refusals).toEqual(["Rate limit exceeded", "Rate limit exceeded"]);
  await join(simulator, "first", undefined, "10.2.2.2");
  const second = await join(simulator, "second", undefined, "10.2.2.2");
  expect(second.of("login")).toMatchObject([{ success: false, error: expect.stringContaining("one per IP address") }]);
});

test("what a rank may not do is ignored, and some of it kicks", async () => {
  const { channel, simulator } = await setUp();
  const guest = await join(simulator, "guest");
  guest.socket.emit("setMotd", { motd: "mine" });
  guest.socket.emit("clearPlaylist");
  guest.socket.emit("delete", 0);
  guest.socket.emit("chatMsg", { msg: "/kick bot1 x", meta: {} });
  guest.socket.emit("kick", { name: "bot1" });
  await guest.settled();
  expect(channel().motd).toBe("");
  guest.socket.emit("setPermissions", { chat: 0 });
  await guest.seen("kick");
  expect(guest.of("kick")).toEqual([{ reason: "Attempted setPermissions with insufficient permission" }]);
});

test("media plays on its own time: lead-in, updates every five seconds, and the next one", async () => {
  const { clock, channel, simulator } = await setUp();
  simulator.addMedia({ type: "yt", id: "next", title: "Next", seconds: 60 });
  const bot = await join(simulator, "bot1", "pw-bot1");
  bot.socket.emit("queue", { id: song.id, type: "cm", pos: "end", temp: true });
  bot.socket.emit("queue", { id: "next", type: "yt", pos: "end", temp: true });
  await bot.settled();
  expect(bot.of("changeMedia")).toMatchObject([{ currentTime: -3, paused: true }]);
  await clock.advance(13_000);
  await bot.seen("mediaUpdate", 3);
  expect(bot.of("mediaUpdate")).toEqual([
    { currentTime: 0, paused: false },
    { currentTime: 5, paused: false },
    { currentTime: 10, paused: false },
  ]);
  await clock.advance(113_000);
  await bot.seen("changeMedia", 2);
  expect(channel().playlist.map(({ media }) => media.id)).toEqual(["next"]);
  expect(bot.of("delete")).toEqual([{ uid: 0 }]);
});

test("only the leader moves time, and nothing moves it while there is one", async () => {
  const { clock, channel, simulator } = await setUp();
  const bot = await join(simulator, "bot1", "pw-bot1");
  const guest = await join(simulator, "guest");
  bot.socket.emit("queue", { id: song.id, type: "cm", pos: "end", temp: true });
  guest.socket.emit("mediaUpdate", { id: song.id, currentTime: 50, paused: false });
  await Promise.all([bot.settled(), guest.settled()]);
  expect(channel().currentTimeSeconds).toBe(-3);
  bot.socket.emit("assignLeader", { name: "guest" });
  await guest.seen("setLeader");
  guest.socket.emit("mediaUpdate", { id: song.id, currentTime: 50, paused: true });
  await bot.seen("mediaUpdate");
  await clock.advance(10_000);
  expect(channel()).toMatchObject({ leader: "guest", currentTimeSeconds: 50, paused: true });
  guest.socket.close();
  await expect.poll(() => channel().leader).toBeUndefined();
  expect(channel().paused).toBe(false);
});

test("votes skip when enough of those who are not away agree", async () => {
  const { channel, simulator } = await setUp();
  simulator.addMedia({ type: "yt", id: "next", title: "Next", seconds: 60 });
  const bot = await join(simulator, "bot1", "pw-bot1", "10.0.0.1");
  const guests = [
    await join(simulator, "ann", undefined, "10.0.0.2"),
    await join(simulator, "bob", undefined, "10.0.0.3"),
  ];
  for (const [id, type] of [
    [song.id, "cm"],
    ["next", "yt"],
  ])
    bot.socket.emit("queue", { id, type, pos: "end", temp: false });
  await bot.settled();
  guests[0]?.socket.emit("voteskip");
  await expect.poll(() => channel().skipVotes).toBe(1);
  expect(channel().currentUid).toBe(0);
  guests[1]?.socket.emit("voteskip");
  await expect.poll(() => channel().currentUid).toBe(1);
});

test("a poll ends by itself, and a timeout of 0 is refused", async () => {
  const { clock, channel, simulator } = await setUp();
  const bot = await join(simulator, "bot1", "pw-bot1");
  const poll = { title: "T", opts: ["(a)", "b"], obscured: false };
  expect(await bot.socket.emitWithAck("newPoll", { ...poll, timeout: 0 })).toEqual({
    error: { message: "Poll timeout must be between 1 and 86400 seconds" },
  });
  expect(await bot.socket.emitWithAck("newPoll", { ...poll, timeout: 60 })).toEqual({});
  expect(bot.of("newPoll")).toMatchObject([{ options: ["&#40;a&#41;", "b"] }]);
  await clock.advance(60_000);
  await bot.seen("closePoll");
  expect(channel().poll).toBeUndefined();
});

test("a dropped connection leaves the channel, and the site can be away", async () => {
  const { channel, simulator } = await setUp();
  await join(simulator, "bot1", "pw-bot1");
  expect(channel().users.map(({ name }) => name)).toEqual(["bot1"]);
  simulator.dropConnections();
  await expect.poll(() => channel().users).toEqual([]);
  simulator.setUnreachable(true);
  const { socket } = visit(simulator);
  const refused = await new Promise<Error>((resolve) => void socket.once("connect_error", resolve));
  expect(refused.message).toBe("The site is down");
});
