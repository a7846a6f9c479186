import { expect, test } from "vitest";
import type { CommandSender } from "./command-sender.ts";
import { createKrytenCommands, type KrytenCommands } from "./commands.ts";

/** Commands whose sender only notes what it is given. */
function setUp(data: unknown = { success: true }) {
  const sent: (readonly [command: string, args: unknown])[] = [];
  let turns = 0;
  const sender: CommandSender = {
    async send(channel, command, args) {
      expect(channel).toBe("lounge");
      sent.push([command, args]);
      return { correlationId: "id", data };
    },
    async chatTurn() {
      turns++;
    },
    sent: 0,
    failed: 0,
  };
  return { commands: createKrytenCommands(sender), sent, turns: () => turns };
}

const filter = { source: "foo", flags: "gi", replace: "bar" };
const filterOnWire = { ...filter, active: true, filterlinks: false };

type Case = readonly [string, (commands: KrytenCommands) => Promise<unknown>, string, unknown];

// The names and arguments that kryten-robot 1.12 reads.
const cases: readonly Case[] = [
  ["sendChat", (c) => c.sendChat("lounge", "hi"), "say", { message: "hi" }],
  ["sendPrivateMessage", (c) => c.sendPrivateMessage("lounge", "ada", "hi"), "pm", { to: "ada", msg: "hi" }],
  ["addMedia", (c) => c.addMedia("lounge", "yt", "abc"), "addvideo", { type: "yt", id: "abc", pos: "end", temp: true }],
  [
    "addMedia next, to stay",
    (c) => c.addMedia("lounge", "yt", "abc", { position: "next", temporary: false }),
    "addvideo",
    { type: "yt", id: "abc", pos: "next", temp: false },
  ],
  ["deleteMedia", (c) => c.deleteMedia("lounge", 0), "rmvideo", { uid: 0 }],
  ["moveMedia", (c) => c.moveMedia("lounge", 0, "prepend"), "mvvideo", { from: 0, after: "prepend" }],
  ["jumpTo", (c) => c.jumpTo("lounge", 3), "jump", { uid: 3 }],
  ["clearPlaylist", (c) => c.clearPlaylist("lounge"), "clear", {}],
  ["shufflePlaylist", (c) => c.shufflePlaylist("lounge"), "shuffle", {}],
  ["setTemporary", (c) => c.setTemporary("lounge", 1), "settemp", { uid: 1, temp: true }],
  ["playNext", (c) => c.playNext("lounge"), "playNext", {}],
  ["pause", (c) => c.pause("lounge"), "pause", {}],
  ["play", (c) => c.play("lounge"), "play", {}],
  ["seek", (c) => c.seek("lounge", 42.5), "seek", { time: 42.5 }],
  ["kickUser", (c) => c.kickUser("lounge", "ada", "spam"), "kick", { username: "ada", reason: "spam" }],
  ["banUser", (c) => c.banUser("lounge", "ada"), "ban", { username: "ada" }],
  ["voteskip", (c) => c.voteskip("lounge"), "voteskip", {}],
  ["assignLeader", (c) => c.assignLeader("lounge", ""), "assignLeader", { name: "" }],
  ["muteUser", (c) => c.muteUser("lounge", "ada"), "mute", { username: "ada" }],
  ["shadowMuteUser", (c) => c.shadowMuteUser("lounge", "ada"), "smute", { username: "ada" }],
  ["unmuteUser", (c) => c.unmuteUser("lounge", "ada"), "say", { message: "/unmute ada" }],
  ["setMotd", (c) => c.setMotd("lounge", "<b>x</b>"), "setMotd", { motd: "<b>x</b>" }],
  ["setChannelCss", (c) => c.setChannelCss("lounge", "a{}"), "setChannelCSS", { css: "a{}" }],
  ["setChannelJs", (c) => c.setChannelJs("lounge", "1"), "setChannelJS", { js: "1" }],
  [
    "setOptions",
    (c) => c.setOptions("lounge", { voteskip_ratio: 0.6 }),
    "setOptions",
    { options: { voteskip_ratio: 0.6 } },
  ],
  ["setPermissions", (c) => c.setPermissions("lounge", { chat: 0 }), "setPermissions", { permissions: { chat: 0 } }],
  [
    "updateEmote",
    (c) => c.updateEmote("lounge", ":k:", "https://a.example/k.gif"),
    "updateEmote",
    { name: ":k:", image: "https://a.example/k.gif", source: "imgur" },
  ],
  ["removeEmote", (c) => c.removeEmote("lounge", ":k:"), "removeEmote", { name: ":k:" }],
  ["addFilter", (c) => c.addFilter("lounge", "n", filter), "addFilter", { name: "n", ...filterOnWire }],
  [
    "updateFilter",
    (c) => c.updateFilter("lounge", "n", { ...filter, active: false }),
    "updateFilter",
    { name: "n", ...filterOnWire, active: false },
  ],
  ["removeFilter", (c) => c.removeFilter("lounge", "n"), "removeFilter", { name: "n" }],
  [
    "newPoll",
    (c) => c.newPoll("lounge", "T", ["a", "b"], { timeoutSeconds: 60 }),
    "newPoll",
    { title: "T", options: ["a", "b"], obscured: false, timeout: 60 },
  ],
  ["vote", (c) => c.vote("lounge", 0), "vote", { option: 0 }],
  ["closePoll", (c) => c.closePoll("lounge"), "closePoll", {}],
  ["setChannelRank", (c) => c.setChannelRank("lounge", "ada", 2), "setChannelRank", { username: "ada", rank: 2 }],
  ["unban", (c) => c.unban("lounge", 1), "unban", { id: 1 }],
  ["deleteFromLibrary", (c) => c.deleteFromLibrary("lounge", "abc"), "deleteFromLibrary", { id: "abc" }],
];

test.each(cases)("%s sends what the robot reads", async (_, run, command, args) => {
  const { commands, sent } = setUp();
  await run(commands);
  expect(sent).toEqual([[command, args]]);
});

test("a poll without a timeout sends none, because CyTube refuses 0", async () => {
  const { commands, sent } = setUp();
  await commands.newPoll("lounge", "T", ["a"]);
  expect(sent[0]?.[1]).not.toHaveProperty("timeout");
});

test("adding media tells the uid, 0 included, or that it is unknown", async () => {
  expect(await setUp({ uid: 0 }).commands.addMedia("lounge", "yt", "x")).toEqual({ correlationId: "id", uid: 0 });
  expect((await setUp({ uid: null }).commands.addMedia("lounge", "yt", "x")).uid).toBeNull();
});

test("questions resolve with the answer, whether the robot gives it bare or in the event", async () => {
  const list = [{ name: "ada", rank: 3 }];
  expect(await setUp({ ranks: list }).commands.requestChannelRanks("lounge")).toEqual(list);
  const wrapped = { event_name: "banlist", payload: list, channel: "lounge" };
  expect(await setUp({ banlist: wrapped }).commands.requestBanlist("lounge")).toEqual(list);
  const log = setUp({ log: "text" });
  expect(await log.commands.readChannelLog("lounge")).toBe("text");
  expect(log.sent).toEqual([["readChanLog", { count: 100 }]]);
  const search = setUp({ results: { source: "library", results: [] } });
  expect(await search.commands.searchLibrary("lounge", "x")).toEqual({ source: "library", results: [] });
  expect(search.sent).toEqual([["searchLibrary", { query: "x", source: "library" }]]);
});

test("chat and private messages wait for their turn, nothing else does", async () => {
  const { commands, turns } = setUp();
  await commands.sendChat("lounge", "1");
  await commands.sendPrivateMessage("lounge", "ada", "2");
  await commands.voteskip("lounge");
  expect(turns()).toBe(2);
});
