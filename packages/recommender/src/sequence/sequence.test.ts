import { expect, test } from "vitest";
import { playOf } from "../store/history-store.contract.ts";
import { trackKey } from "../track-key.ts";
import { baseLevels } from "./base-levels.ts";
import { cutSessions, type Sessions } from "./listened.ts";
import { sequenceRules } from "./sequence-rules.ts";
import { sessionNeighbours } from "./session-neighbours.ts";

/** Sessions written as one letter a track, an hour apart. */
const sessionsOf = (...texts: readonly string[]): Sessions =>
  texts.map((text, hour) => Array.from(text, (key, minute) => ({ key, atMs: hour * 3_600_000 + minute * 60_000 })));

test("plays are cut at gaps, oldest first, without skips", () => {
  const at = (minute: number, title: string, heardRatio = 1) =>
    playOf({ startedAtMs: minute * 60_000, title, heardRatio });
  const plays = [at(100, "D"), at(10, "C"), at(5, "B", 0.1), at(0, "A")];
  const keys = cutSessions(plays, 30 * 60_000).map((session) => session.map(({ key }) => key));
  const key = (title: string) => trackKey("Mara Lind", title);
  expect(keys).toEqual([[key("A"), key("C")], [key("D")]]);
  expect(cutSessions([], 1)).toEqual([]);
});

test("near followers of the latest track count most, and a single time is weak evidence", () => {
  const scores = sequenceRules(sessionsOf("abc", "abc", "xy"), ["a"]);
  expect(scores.get("b")).toBeCloseTo(2 / 3, 9);
  expect(scores.get("c")).toBeCloseTo(1 / 3, 9);
  expect(sequenceRules(sessionsOf("abc", "abc", "xy"), ["x"]).get("y")).toBeCloseTo(1 / 2, 9);
  const both = sequenceRules(sessionsOf("ab", "cd"), ["c", "a"]);
  expect(both.get("b")).toBeGreaterThan(both.get("d") ?? 0);
  expect(sequenceRules(sessionsOf("aab"), []).size).toBe(0);
});

test("sessions that share rare tracks with this one speak, and bring what it lacks", () => {
  const scores = sessionNeighbours(sessionsOf("pabq", "pcdq", "pefq", "abz"), ["a", "b"]);
  expect(scores.get("z")).toBeGreaterThan(0);
  expect(scores.get("q")).toBeGreaterThan(0);
  expect(scores.has("d")).toBe(false);
  expect(scores.has("a")).toBe(false);
  expect([...scores].sort(([, left], [, right]) => right - left)[0]?.[0]).toBe("z");
});

test("what was heard often and lately is present", () => {
  const levels = baseLevels(sessionsOf("ab", "a", "", "", "", "", "c"), 10 * 3_600_000);
  expect(levels.get("a")).toBeGreaterThan(levels.get("b") ?? 0);
  expect(levels.get("c")).toBeGreaterThan(levels.get("b") ?? 0);
});
