import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chatMessageKey, createChatReplayFilter } from "./chat-replay.ts";
import { cytubeFrameSchemas } from "./frame-schemas.ts";
import { cytubeFrameName, isCytubeFrame, readCytubeFrame } from "./frame.ts";
import { defaultPermissions } from "./rank.ts";

interface Captured {
  readonly to?: string;
  readonly ev: string;
  readonly args: readonly unknown[];
}

// Captured from CyTube 3.86.0 with a bot of rank 3 and a guest in a channel, November 2026.
const captured = readFileSync(new URL("__fixtures__/cytube-frames.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Captured);
const fromServer = captured.filter(({ to }) => to !== undefined);

test("every captured frame is known, and nothing of it is lost or changed", () => {
  expect(fromServer.length).toBeGreaterThan(150);
  for (const { ev, args } of fromServer) {
    const payload = args[0] ?? null;
    expect(readCytubeFrame(ev, payload)).toEqual({ known: true, name: ev, payload });
  }
});

test("ranks are floats, uid 0 is a uid", () => {
  const leader = fromServer.filter(({ ev }) => ev === "setUserRank").map(({ args }) => args[0]);
  expect(leader).toContainEqual({ name: "GuestG", rank: 1.5 });
  const frame = readCytubeFrame("delete", { uid: 0 });
  expect(isCytubeFrame(frame, "delete") && frame.payload.uid).toBe(0);
});

test("the captured permissions of a new channel are the default ones", () => {
  const sent = fromServer.find(({ ev }) => ev === "setPermissions");
  expect(sent?.args[0]).toEqual(defaultPermissions);
});

test("a frame that is unknown or of another shape passes as it came", () => {
  expect(readCytubeFrame("newThing", [1])).toEqual({ known: false, name: "newThing", payload: [1] });
  expect(readCytubeFrame("rank", "high")).toEqual({ known: false, name: "rank", payload: "high" });
  expect(cytubeFrameName("CHATMSG")).toBe("chatMsg");
  expect(cytubeFrameName("constructor")).toBeUndefined();
});

test("reading never throws", () => {
  const names = fc.constantFrom(...Object.keys(cytubeFrameSchemas), "other");
  fc.assert(fc.property(names, fc.jsonValue(), (name, payload) => void readCytubeFrame(name, payload)));
});

test("chat that a join replays is told from new chat", () => {
  const filter = createChatReplayFilter();
  const lines = Array.from({ length: 15 }, (_, index) => ({
    username: "ada",
    msg: `line ${index}`,
    time: 1_000 + index,
  }));
  expect(lines.map((line) => filter.isReplay(line))).not.toContain(true);
  expect(lines.map((line) => filter.isReplay({ ...line }))).not.toContain(false);
  expect(filter.isReplay({ username: "ada", msg: "line 0", time: 9_000 })).toBe(false);
  expect(chatMessageKey({ username: "a", msg: "b", time: 1 })).toBe("1:a:b");
});

test("the memory for replays is bounded", () => {
  const filter = createChatReplayFilter({ limit: 2 });
  const line = (time: number) => ({ username: "ada", msg: "x", time });
  for (const time of [1, 2, 3]) expect(filter.isReplay(line(time))).toBe(false);
  expect(filter.isReplay(line(3))).toBe(true);
  expect(filter.isReplay(line(1))).toBe(false);
});
