import { expect, test } from "vitest";
import { AntiphonError, describeError, isAntiphonError } from "./error.ts";

class QueueError extends AntiphonError<"QUEUE_FULL" | "QUEUE_CLOSED"> {}

test("carries a code, facts and the failure below, with modest defaults", () => {
  const cause = new Error("below");
  const error = new QueueError("QUEUE_FULL", "add: the queue is full", { details: { limit: 3 }, cause });
  expect(error).toMatchObject({
    name: "QueueError",
    code: "QUEUE_FULL",
    message: "add: the queue is full",
    retryable: false,
    severity: "error",
    details: { limit: 3 },
    cause,
  });
  expect("cause" in new QueueError("QUEUE_CLOSED", "add: closed")).toBe(false);
  expect(new QueueError("QUEUE_CLOSED", "", { retryable: true, severity: "fatal" })).toMatchObject({
    retryable: true,
    severity: "fatal",
  });
});

test("is recognised across two copies of the package, and by code", () => {
  const foreign = { [Symbol.for("antiphon.error")]: true, code: "QUEUE_FULL" };
  expect(isAntiphonError(foreign, "QUEUE_FULL")).toBe(true);
  expect(isAntiphonError(new QueueError("QUEUE_CLOSED", ""), "QUEUE_FULL")).toBe(false);
  for (const other of [new Error("plain"), null, undefined, "text", 5]) expect(isAntiphonError(other)).toBe(false);
});

test("describeError says anything in one line", () => {
  const values: [unknown, string][] = [
    [new QueueError("QUEUE_FULL", "add: full"), "QUEUE_FULL: add: full"],
    [new Error("two\n   lines"), "two lines"],
    [new TypeError(""), "TypeError"],
    [new AggregateError([new Error("a"), new QueueError("QUEUE_FULL", "b")]), "a; QUEUE_FULL: b"],
    [new AggregateError([], "all failed"), "all failed"],
    ["text", "text"],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    [{ reason: 5 }, "{ reason: 5 }"],
    [Object.create(null), "[Object: null prototype] {}"],
  ];
  for (const [value, text] of values) expect(describeError(value)).toBe(text);
});
