import { readCytubeFrame } from "@antiphon/protocol/cytube";
import { expect, test } from "vitest";
import { emptyChannelState, stepChannelState, type ChannelState } from "./channel-state.ts";

const after = (...frames: readonly (readonly [string, unknown])[]): ChannelState =>
  frames.reduce((state, [name, payload]) => stepChannelState(state, readCytubeFrame(name, payload)), emptyChannelState);

const user = (name: string, rank = 1) => ({
  name,
  rank,
  profile: { image: "i", text: "t" },
  meta: { afk: false, muted: false },
});
const item = (uid: number) => ({
  media: { id: `id${uid}`, title: `T${uid}`, seconds: 60, duration: "01:00", type: "yt", meta: {} },
  uid,
  temp: true,
  queueby: "bot",
});
const uids = (state: ChannelState) => state.items.map(({ uid }) => uid);

test("a change of rank keeps the rest of the user", () => {
  const state = after(
    ["userlist", [user("ada")]],
    ["setUserRank", { name: "ada", rank: 1.5 }],
    ["setAFK", { name: "ada", afk: true }],
  );
  expect(state.users).toEqual([{ ...user("ada", 1.5), meta: { afk: true, muted: false } }]);
});

test("users come, come again, and leave; what is said of strangers changes nothing", () => {
  const state = after(["addUser", user("ada")], ["addUser", user("bob")], ["addUser", user("ada", 2)]);
  expect(state.users.map(({ name, rank }) => [name, rank])).toEqual([
    ["bob", 1],
    ["ada", 2],
  ]);
  expect(stepChannelState(state, readCytubeFrame("setUserRank", { name: "eve", rank: 5 }))).toBe(state);
  expect(stepChannelState(state, readCytubeFrame("userLeave", { name: "bob" })).users).toHaveLength(1);
});

test("items are put, moved, marked and removed where CyTube says, uid 0 included", () => {
  const queued = after(
    ["queue", { item: item(0), after: "prepend" }],
    ["queue", { item: item(1), after: 0 }],
    ["queue", { item: item(2), after: 0 }],
  );
  expect(uids(queued)).toEqual([0, 2, 1]);
  const step = (name: string, payload: unknown) => stepChannelState(queued, readCytubeFrame(name, payload));
  expect(uids(step("moveVideo", { from: 0, after: "append" }))).toEqual([2, 1, 0]);
  expect(uids(step("moveVideo", { from: 1, after: "prepend" }))).toEqual([1, 0, 2]);
  expect(uids(step("moveVideo", { from: 0, after: 1 }))).toEqual([2, 1, 0]);
  expect(uids(step("moveVideo", { from: 9, after: 1 }))).toEqual([0, 2, 1]);
  expect(uids(step("delete", { uid: 0 }))).toEqual([2, 1]);
  expect(step("setTemp", { uid: 0, temp: false }).items[0]).toEqual({ ...item(0), temp: false });
  expect(uids(step("queue", { item: item(3), after: 77 }))).toEqual([0, 2, 1, 3]);
});

test("what plays has the uid that came just before; an empty playlist plays nothing", () => {
  const media = { ...item(0).media, currentTime: -3, paused: true };
  const state = after(["playlist", [item(0)]], ["setCurrent", 0], ["changeMedia", media]);
  expect(state.current).toEqual({ ...media, uid: 0 });
  expect(stepChannelState(state, readCytubeFrame("playlist", []))).toMatchObject({
    current: undefined,
    currentUid: null,
  });
});

test("emotes, looks, settings and polls are kept as they come", () => {
  const emote = { name: ":k:", image: "a", source: "x" };
  const poll = { title: "T", options: ["a"], counts: [0], initiator: "ada", timestamp: 1 };
  const state = after(
    ["emoteList", [emote]],
    ["updateEmote", { ...emote, image: "b" }],
    ["updateEmote", { ...emote, name: ":l:" }],
    ["renameEmote", { old: ":l:", name: ":m:", image: "c" }],
    ["setMotd", "<b>x</b>"],
    ["channelCSSJS", { css: "a{}", cssHash: "h", js: "1", jsHash: "h" }],
    ["channelOpts", { pagetitle: "lounge", password: false }],
    ["setPermissions", { chat: 0 }],
    ["newPoll", poll],
    ["setLeader", "ada"],
    ["rank", 3],
    ["setPlaylistLocked", false],
  );
  expect(state).toMatchObject({
    emotes: [
      { name: ":k:", image: "b" },
      { name: ":m:", image: "c" },
    ],
    motd: "<b>x</b>",
    css: "a{}",
    js: "1",
    options: { pagetitle: "lounge" },
    permissions: { chat: 0 },
    poll,
    leader: "ada",
    rank: 3,
    locked: false,
  });
  const closed = stepChannelState(state, readCytubeFrame("closePoll", null));
  expect(closed.poll).toBeUndefined();
  expect(stepChannelState(closed, readCytubeFrame("removeEmote", { name: ":k:" })).emotes).toHaveLength(1);
});

test("a frame that is unknown or of another shape changes nothing", () => {
  expect(after(["novelty", 1], ["rank", "high"], ["mediaUpdate", { currentTime: 1 }])).toBe(emptyChannelState);
});
