import { expect, test } from "vitest";
import { createLaneLog, reaches, type SessionDispatch } from "./lane-log.ts";

const dispatch = (sequence: number, options: Partial<SessionDispatch> = {}): SessionDispatch => ({
  type: "MESSAGE_CREATE",
  lane: 0,
  text: "{}",
  sessionId: "s",
  sequence,
  ...options,
});
const at = (sequence: number, sessionId = "s") => ({ sessionId, sequence });
const sequencesOf = (run: readonly SessionDispatch[] | undefined) => run?.map(({ sequence }) => sequence);

/** A log whose dispatches the bus has, those before `waiting`. */
function logOf(stored: readonly SessionDispatch[], waiting: readonly SessionDispatch[] = [], before = at(0)) {
  const log = createLaneLog(before);
  for (const each of stored) {
    log.add(each);
    log.begin();
    log.stored();
  }
  for (const each of waiting) log.add(each);
  return log;
}

test("what waits travels together, up to an interaction, another session, and the size of a message", () => {
  const log = createLaneLog(undefined);
  log.add(dispatch(1));
  log.add(dispatch(2));
  log.add(dispatch(3, { type: "INTERACTION_CREATE" }));
  log.add(dispatch(4));
  log.add(dispatch(1, { sessionId: "next" }));
  log.add(dispatch(2, { sessionId: "next", text: "x".repeat(70_000) }));
  const runs = Array.from({ length: 6 }, () => {
    const run = log.begin();
    log.stored();
    return sequencesOf(run);
  });
  expect(runs).toEqual([[1, 2], [3], [4], [1], [2], undefined]);
});

test("what follows on a dispatch is told with the one before it, over what is kept, under way, and waiting", () => {
  const log = logOf([dispatch(2), dispatch(5)], [dispatch(7), dispatch(9)]);
  log.begin();
  log.add(dispatch(11));
  const after = (sequence: number) => {
    const { run, previous } = log.after(at(sequence)) ?? {};
    return [previous, sequencesOf(run)];
  };
  expect(after(0)).toEqual([0, [2, 5, 7, 9, 11]]);
  expect(after(2)).toEqual([2, [5, 7, 9, 11]]);
  expect(after(3)).toEqual([2, [5, 7, 9, 11]]);
  expect(after(9)).toEqual([9, [11]]);
  expect(after(11)).toEqual([undefined, undefined]);
});

test("what may not follow is not told: something is not known any more, or the session is another", () => {
  expect(logOf([], [dispatch(7)], at(5)).after(at(4))).toBeUndefined();
  expect(createLaneLog(undefined).after(at(0))).toBeUndefined();
  const log = createLaneLog(undefined);
  log.add(dispatch(7));
  expect(log.after(at(6))).toBeUndefined();
  expect(logOf([dispatch(7)], [dispatch(1, { sessionId: "next" })]).after(at(7))).toBeUndefined();
  expect(logOf([dispatch(7)], [dispatch(1, { sessionId: "next" })]).after(at(0, "next"))).toBeUndefined();
});

test("what was too large to travel is left out", () => {
  const log = logOf([dispatch(1)], [dispatch(2)]);
  log.begin();
  log.dropped();
  log.add(dispatch(3));
  expect(log.underWay).toBeUndefined();
  expect(log.after(at(1))).toMatchObject({ previous: 1, run: [{ sequence: 3 }] });
});

test("a bounded number is kept, and what the reader has is forgotten", () => {
  const many = logOf(Array.from({ length: 1_500 }, (_, index) => dispatch(index + 1)));
  expect(many.after(at(499))).toBeUndefined();
  expect(many.after(at(500))).toMatchObject({ previous: 500 });
  const large = logOf([1, 2, 3].map((sequence) => dispatch(sequence, { text: "x".repeat(60_000) })));
  expect(large.after(at(0))).toBeUndefined();
  expect(large.after(at(1))?.previous).toBe(1);
  large.forget(at(2));
  expect(large.after(at(1))).toBeUndefined();
  expect(sequencesOf(large.after(at(2))?.run)).toEqual([3]);
});

test("one dispatch is behind another in its session, and any of a session that is over", () => {
  expect([reaches(at(2), at(2)), reaches(at(1), at(2)), reaches(at(3, "t"), at(2)), reaches(null, at(0))]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  const log = logOf([], [dispatch(9, { sessionId: "old" }), dispatch(1)]);
  expect(log.isBehind(at(1), at(9, "old"))).toBe(true);
  expect(log.isBehind(at(9, "old"), at(1))).toBe(false);
  expect(log.isBehind(at(5, "older"), at(9, "old"))).toBe(false);
  expect(log.isBehind(null, at(1))).toBe(false);
});
