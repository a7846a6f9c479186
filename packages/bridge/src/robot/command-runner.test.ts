import { createManualClock } from "@antiphon/std";
import { readCytubeFrame } from "@antiphon/protocol/cytube";
import type { KrytenCommand } from "@antiphon/protocol/kryten";
import { expect, test } from "vitest";
import { emptyChannelState, type ChannelState } from "./channel-state.ts";
import { createCommandRunner } from "./command-runner.ts";
import type { PerformAction } from "./cytube-action.ts";
import type { RobotFacts } from "./queries.ts";
import { RobotFailure } from "./robot-failure.ts";

/** A runner whose channel allows everything, and what it sent there. */
function setUp(perform: PerformAction = () => Promise.resolve({} as never), redact = true) {
  const sent: unknown[] = [];
  const current = { id: "one", type: "yt", title: "One", seconds: 60, currentTime: 5, paused: false, meta: {} };
  const permissions = { chat: 0, ban: 3, leaderctl: 2 };
  const state = { ...emptyChannelState, rank: 5, permissions, current } as ChannelState;
  const facts = { version: "1" } as RobotFacts;
  const runner = createCommandRunner({
    domain: "cytu.be",
    channel: "lounge",
    state: () => state,
    publicState: () => state,
    facts: () => facts,
    username: () => "robot",
    perform: (action) => {
      sent.push(...action.send);
      return perform(action);
    },
    redact,
    administration: undefined,
    clock: createManualClock(),
  });
  const run = (command: string, args: object, given: Partial<KrytenCommand> = {}) =>
    runner.run({
      dialect: "current",
      command,
      args: { ...args },
      service: undefined,
      source: "web",
      channel: undefined,
      domain: undefined,
      requestId: undefined,
      ...given,
    });
  return { run, sent, facts };
}

test("one sender's repeated command is done once; another's, or another command under that id, is one of its own", async () => {
  const { run, sent } = setUp();
  for (const given of [{}, {}, { source: "irc" }]) await run("say", { message: "hi" }, { requestId: "1", ...given });
  await run("pm", { to: "ada", msg: "hi" }, { requestId: "1" });
  expect(sent.map((frame) => (frame as readonly string[])[0])).toEqual(["chatMsg", "chatMsg", "pm"]);
});

test("a question that comes again is answered anew", async () => {
  const { run, facts } = setUp();
  expect(await run("system.version", {}, { requestId: "1" })).toMatchObject({ data: { version: "1" } });
  Object.assign(facts, { version: "2" });
  expect(await run("system.version", {}, { requestId: "1" })).toMatchObject({ data: { version: "2" } });
});

test("no more than a hundred commands of a kind wait, and what was not begun may be given again", async () => {
  const gate = Promise.withResolvers<void>();
  const { run, sent } = setUp(() => gate.promise as Promise<never>);
  const answers = Array.from({ length: 100 }, (_, index) => run("say", { message: `${index}` }));
  const refused = await run("say", { message: "late" }, { requestId: "late" });
  expect(refused).toMatchObject({ ok: false, code: "ROBOT_BUSY" });
  expect(await run("system.version", {})).toMatchObject({ ok: true });
  gate.resolve();
  expect((await Promise.all(answers)).every((answer) => answer?.ok)).toBe(true);
  expect(await run("say", { message: "late" }, { requestId: "late" })).toMatchObject({ ok: true });
  expect(sent).toHaveLength(101);
});

test("a ban names one user", async () => {
  const { run, sent } = setUp();
  for (const username of ["ada eve", "", "ada\n", "a".repeat(21), "<b>"])
    expect(await run("ban", { username })).toMatchObject({ ok: false, code: "ROBOT_ARGUMENT_INVALID" });
  expect(await run("ban", { username: "Zoë-1", reason: "spam" })).toMatchObject({ ok: true });
  expect(sent).toEqual([["chatMsg", { msg: "/ban Zoë-1 spam", meta: {} }]]);
});

/** What CyTube sends of itself is read by `shows`, as in a channel. */
const answering =
  (name: string, payload: unknown): PerformAction =>
  async ({ shows }) =>
    shows(readCytubeFrame(name, payload)) as never;

test("bans and logs tell addresses only when nothing is to be left out", async () => {
  const bans = answering("banlist", [{ id: 1, ip: "yFA.j8g.iXh", name: "eve", reason: "spam", bannedby: "mod" }]);
  const log = answering("readChanLog", { success: true, data: "Accepted connection from yFA.j8g.iXh.gvS" });
  for (const [redact, ip] of [
    [true, "*"],
    [false, "yFA.j8g.iXh"],
  ] as const) {
    expect(await setUp(bans, redact).run("requestBanlist", {})).toMatchObject({ data: { banlist: [{ id: 1, ip }] } });
    const { data } = (await setUp(log, redact).run("readChanLog", {})) as { data: { log: string[] } };
    expect(data.log.join().includes("yFA")).toBe(!redact);
  }
});

test("a robot that could not seek does not keep the lead, in which time would stand still", async () => {
  const perform: PerformAction = async ({ send }) => {
    if (send[0]?.[0] === "mediaUpdate") throw new RobotFailure("ROBOT_NOT_CONFIRMED", "silence");
    return {} as never;
  };
  const { run, sent } = setUp(perform);
  expect(await run("seek", { time: 30 })).toMatchObject({ ok: false, code: "ROBOT_NOT_CONFIRMED" });
  expect(sent.filter((frame) => (frame as readonly string[])[0] === "assignLeader")).toEqual([
    ["assignLeader", { name: "robot" }],
    ["assignLeader", { name: "" }],
  ]);
});
