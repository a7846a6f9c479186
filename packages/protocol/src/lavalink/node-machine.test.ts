import fc from "fast-check";
import { expect, test } from "vitest";
import { initialNodeState, stepNode, type NodeInput, type NodeState } from "./node-machine.ts";

function run(...inputs: readonly NodeInput[]) {
  let state: NodeState = initialNodeState;
  const effects: string[] = [];
  for (const input of inputs) {
    const step = stepNode(state, input);
    state = step.state;
    effects.push(...step.effects.map((effect) => effect.type));
  }
  return { state, effects };
}

const connect: NodeInput = { type: "connect" };
const closed: NodeInput = { type: "socketClosed", fatal: false };
const ready = (sessionId: string, resumed = false): NodeInput => ({ type: "ready", sessionId, resumed });

test("a session of an earlier process is asked for", () => {
  expect(stepNode(initialNodeState, { type: "connect", sessionId: "old" }).effects).toEqual([
    { type: "openSocket", sessionId: "old" },
  ]);
});

test("a dropped socket is opened again at once, with the session", () => {
  const step = stepNode({ name: "ready", sessionId: "a", attempt: 0 }, closed);
  expect(step.effects).toEqual([{ type: "interrupted" }, { type: "openSocket", sessionId: "a" }]);
  expect(run(connect, ready("a"), closed, ready("a", true)).effects).toEqual([
    "openSocket",
    "becameReady",
    "interrupted",
    "openSocket",
    "becameReady",
  ]);
});

test("the node is lost when the reconnect fails, once, and keeps its session for later", () => {
  const { state, effects } = run(connect, ready("a"), closed, closed, { type: "retryDue" }, closed);
  expect(effects.filter((effect) => effect === "becameLost")).toHaveLength(1);
  expect(effects.filter((effect) => effect === "scheduleRetry")).toHaveLength(2);
  expect(state).toMatchObject({ name: "waiting", sessionId: "a", attempt: 3 });
});

test("a node that accepts and hangs up is retried with backoff, not hammered", () => {
  const flapping = run(connect, ready("a"), closed, ready("a", true), closed);
  expect(flapping.effects.slice(-2)).toEqual(["becameLost", "scheduleRetry"]);
  const lasting = run(connect, ready("a"), closed, ready("a", true), { type: "stable" }, closed);
  expect(lasting.effects.slice(-2)).toEqual(["interrupted", "openSocket"]);
});

test.each([
  ["a fatal refusal", [connect, { type: "socketClosed", fatal: true }]],
  ["giving up", [connect, closed, { type: "giveUp" }]],
] as const)(
  "after %s nothing is tried by itself, and everything anew when it is asked to connect again",
  (_name, inputs) => {
    const ended = run(...inputs, { type: "retryDue" }, { type: "stable" });
    expect(ended.state.name).toBe("idle");
    expect(ended.effects.filter((effect) => effect !== "scheduleRetry")).toEqual(["openSocket", "becameLost"]);
    const again = run(...inputs, connect, { type: "socketClosed", fatal: true });
    expect(again.effects.slice(-2)).toEqual(["openSocket", "becameLost"]);
  },
);

test("no order of inputs throws, opens two sockets or leaves a closed machine", () => {
  const input = fc.constantFrom<NodeInput>(
    connect,
    ready("a"),
    ready("b", true),
    closed,
    { type: "socketClosed", fatal: true },
    { type: "retryDue" },
    { type: "giveUp" },
    { type: "stable" },
    { type: "close" },
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 40 }), (inputs) => {
      let state: NodeState = initialNodeState;
      let open = false;
      for (const each of inputs) {
        if (each.type === "socketClosed") open = false;
        const step = stepNode(state, each);
        for (const effect of step.effects) {
          if (effect.type === "closeSocket") open = false;
          if (effect.type !== "openSocket") continue;
          expect(open).toBe(false);
          open = true;
        }
        if (state.name === "closed") expect(step).toEqual({ state, effects: [] });
        state = step.state;
      }
    }),
    { seed: 3 },
  );
});
