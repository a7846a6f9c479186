import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatewayCloseCodes } from "./close-code.ts";
import type { GatewayFrame } from "./gateway-frame.ts";
import { initialShardState, stepShard } from "./shard-machine.ts";
import type { ShardEffect, ShardInput, ShardSession, ShardState, ShardTimer } from "./shard-state.ts";

const RESUME_URL = "wss://resume.example";
const INTERVAL_MS = 41_250;
const session: ShardSession = { id: "abc", resumeUrl: RESUME_URL, sequence: 7 };

const frame = (value: GatewayFrame): ShardInput => ({ type: "frame", frame: value });
const hello = frame({ kind: "hello", heartbeatIntervalMs: INTERVAL_MS });
const dispatch = (type: string, sequence: number | null, data: unknown = {}) =>
  frame({ kind: "dispatch", type, sequence, data });
const ready = dispatch("READY", 1, { session_id: "abc", resume_gateway_url: RESUME_URL });
const fired = (timer: ShardTimer): ShardInput => ({ type: "timerFired", timer });
const closed = (code: number): ShardInput => ({ type: "socketClosed", code });

interface Run {
  readonly state: ShardState;
  /** Effects of the last input. */
  readonly effects: readonly ShardEffect[];
}

function run(inputs: readonly ShardInput[], from: ShardState = initialShardState): Run {
  return inputs.reduce<Run>(({ state }, input) => stepShard(state, input), { state: from, effects: [] });
}

function named<Type extends ShardEffect["type"]>(effects: readonly ShardEffect[], type: Type) {
  return effects.filter((effect): effect is Extract<ShardEffect, { readonly type: Type }> => effect.type === type);
}

const login: readonly ShardInput[] = [{ type: "connectRequested" }, hello, { type: "identifyGranted" }, ready];
const readyState = run([...login, dispatch("MESSAGE_CREATE", 7)]).state;

describe("logging in", () => {
  it("opens the main gateway, waits for HELLO, asks the gate, identifies, and is ready", () => {
    const opened = run(login.slice(0, 1));
    expect(opened.state.status).toBe("connecting");
    expect(named(opened.effects, "openSocket")).toEqual([{ type: "openSocket", resumeUrl: undefined, attempt: 0 }]);

    const greeted = run(login.slice(0, 2));
    expect(greeted.state.status).toBe("queued");
    expect(named(greeted.effects, "requestIdentify")).toHaveLength(1);

    const identifying = run(login.slice(0, 3));
    expect(identifying.state.status).toBe("identifying");
    expect(named(identifying.effects, "sendIdentify")).toHaveLength(1);

    const done = run(login);
    expect(done.state).toMatchObject({ status: "ready", session: { id: "abc", resumeUrl: RESUME_URL, sequence: 1 } });
    expect(named(done.effects, "dispatch").map((effect) => effect.frame.type)).toEqual(["READY"]);
  });

  it("beats first after a random part of the interval, then after the whole of it", () => {
    const [first] = named(run(login.slice(0, 2)).effects, "setTimer");
    expect(first).toEqual({ type: "setTimer", timer: "heartbeat", minimumMs: 0, maximumMs: INTERVAL_MS });
    const beat = run([...login, fired("heartbeat")]);
    expect(named(beat.effects, "sendHeartbeat")).toEqual([{ type: "sendHeartbeat", sequence: 1 }]);
    expect(named(beat.effects, "setTimer")).toEqual([
      { type: "setTimer", timer: "heartbeat", minimumMs: INTERVAL_MS, maximumMs: INTERVAL_MS },
    ]);
  });

  it("resumes a session that it is given, at that session's own URL", () => {
    const opened = run([{ type: "connectRequested", session }]);
    expect(named(opened.effects, "openSocket")).toEqual([{ type: "openSocket", resumeUrl: RESUME_URL, attempt: 0 }]);
    const greeted = run([{ type: "connectRequested", session }, hello]);
    expect(greeted.state.status).toBe("resuming");
    expect(named(greeted.effects, "sendResume")).toEqual([{ type: "sendResume", session }]);
  });

  it("starts over when READY lacks what a resume needs", () => {
    const { state, effects } = run([...login.slice(0, 3), dispatch("READY", 1, { session_id: "abc" })]);
    expect(state).toMatchObject({ status: "connecting", session: undefined });
    expect(named(effects, "dispatch")).toEqual([]);
  });

  it("gives up on a server that says nothing", () => {
    expect(run([...login.slice(0, 1), fired("connect")]).state).toMatchObject({ status: "connecting", attempt: 1 });
    expect(run([...login.slice(0, 3), fired("session")]).state).toMatchObject({ status: "connecting", attempt: 1 });
  });
});

describe("heartbeats", () => {
  it("answers op 1 at once and outside the rhythm", () => {
    const { effects } = run([frame({ kind: "heartbeat" })], readyState);
    expect(effects).toEqual([{ type: "sendHeartbeat", sequence: 7 }]);
  });

  it("takes a connection without acknowledgement for dead, keeps the session, and resumes", () => {
    const { state, effects } = run([fired("heartbeat"), fired("heartbeat")], readyState);
    expect(state).toMatchObject({ status: "connecting", session });
    const [close] = named(effects, "closeSocket");
    expect(close?.code).not.toBe(1000);
    expect(close?.code).not.toBe(1001);
    expect(named(effects, "openSocket")).toHaveLength(1);
  });

  it("goes on when the acknowledgement came", () => {
    const { state } = run([fired("heartbeat"), frame({ kind: "heartbeatAck" }), fired("heartbeat")], readyState);
    expect(state.status).toBe("ready");
  });
});

describe("close codes", () => {
  const undocumented = [1005, 1006, 4006, 4900].map((code) => ({ code, action: "resume" as const }));
  const ending = [1000, 1001].map((code) => ({ code, action: "identify" as const }));
  for (const { code, action } of [...gatewayCloseCodes.values(), ...undocumented, ...ending]) {
    it(`${code}: ${action}`, () => {
      const { state, effects } = run([closed(code)], readyState);
      if (action === "fail") {
        expect(state).toEqual({ status: "closed", reason: { kind: "fatal", code }, session: undefined });
        expect(effects.map(({ type }) => type)).toEqual(["clearTimers"]);
        return;
      }
      const expected = action === "resume" ? session : undefined;
      if (code === 4008) {
        expect(state).toEqual({ status: "backingOff", session, attempt: 1 });
        expect(named(effects, "setTimer")).toMatchObject([{ timer: "backoff", minimumMs: 1_000, maximumMs: 5_000 }]);
        return;
      }
      expect(state).toEqual({ status: "connecting", session: expected, attempt: 1 });
      expect(named(effects, "openSocket")[0]?.resumeUrl).toBe(expected?.resumeUrl);
    });
  }
});

describe("reconnecting", () => {
  it("follows op 7 at once with a resume", () => {
    const { state, effects } = run([frame({ kind: "reconnect" })], readyState);
    expect(state).toMatchObject({ status: "connecting", session });
    expect(effects.map(({ type }) => type)).toEqual(["clearTimers", "closeSocket", "openSocket", "setTimer"]);
  });

  it("resumes after op 9 with true", () => {
    const { state } = run([frame({ kind: "invalidSession", resumable: true })], readyState);
    expect(state).toMatchObject({ status: "connecting", session });
  });

  it("waits one to five seconds after op 9 with false, then identifies", () => {
    const waiting = run([frame({ kind: "invalidSession", resumable: false })], readyState);
    expect(waiting.state).toMatchObject({ status: "backingOff", session: undefined });
    expect(named(waiting.effects, "setTimer")).toEqual([
      { type: "setTimer", timer: "backoff", minimumMs: 1_000, maximumMs: 5_000 },
    ]);
    expect(run([fired("backoff"), hello], waiting.state).state.status).toBe("queued");
  });

  it("waits longer after each connection that did not last, and not at all after one that did", () => {
    let { state } = run([closed(1006)], readyState);
    const caps: number[] = [];
    for (let failures = 0; failures < 9; failures++) {
      const step = run([closed(1006)], state);
      caps.push(named(step.effects, "setTimer")[0]?.maximumMs ?? 0);
      state = run([fired("backoff")], step.state).state;
    }
    expect(caps).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    const lasted = run([hello, dispatch("RESUMED", 8), dispatch("MESSAGE_CREATE", 9), closed(1006)], state);
    expect(lasted.state).toMatchObject({ status: "connecting", attempt: 1 });
  });

  it("tries the main URL with the session when the session's own host stays silent", () => {
    let { state } = run([closed(1006)], readyState);
    for (let failures = 0; failures < 3; failures++) state = run([closed(1006), fired("backoff")], state).state;
    const waiting = run([closed(1006)], state);
    const { effects } = run([fired("backoff")], waiting.state);
    expect(named(effects, "openSocket")[0]?.resumeUrl).toBeUndefined();
    expect(run([fired("backoff"), hello], waiting.state).state.status).toBe("resuming");
  });

  it("delivers what was missed exactly once, and counts on from RESUMED", () => {
    const resuming = run([closed(1006), hello], readyState).state;
    const again = run([dispatch("MESSAGE_CREATE", 7)], resuming);
    expect(again.effects.map(({ type }) => type)).toEqual(["dropDuplicate"]);
    const missed = run([dispatch("MESSAGE_CREATE", 8)], again.state);
    expect(missed.state).toMatchObject({ status: "resuming", session: { sequence: 8 } });
    expect(named(missed.effects, "dispatch")[0]?.sequence).toBe(8);
    const resumed = run([dispatch("RESUMED", null)], missed.state);
    expect(resumed.state).toMatchObject({ status: "ready", session: { sequence: 8 } });
  });
});

describe("closing", () => {
  it("ends the session with 1000", () => {
    const { state, effects } = run([{ type: "closeRequested", keepSession: false }], readyState);
    expect(state).toEqual({ status: "closed", reason: { kind: "requested" }, session: undefined });
    expect(named(effects, "closeSocket")).toEqual([{ type: "closeSocket", code: 1000 }]);
  });

  it("keeps the session with another code", () => {
    const { state, effects } = run([{ type: "closeRequested", keepSession: true }], readyState);
    expect(state).toMatchObject({ status: "closed", session });
    expect(named(effects, "closeSocket")[0]?.code).toBeGreaterThanOrEqual(4000);
  });

  it("can be started again", () => {
    const { state } = run([{ type: "closeRequested", keepSession: false }, { type: "connectRequested" }], readyState);
    expect(state.status).toBe("connecting");
  });
});

describe("any sequence of inputs", () => {
  const frames: fc.Arbitrary<GatewayFrame> = fc.oneof(
    fc.record({
      kind: fc.constant("dispatch" as const),
      type: fc.constantFrom("READY", "RESUMED", "MESSAGE_CREATE"),
      data: fc.oneof(fc.anything(), fc.constant({ session_id: "s", resume_gateway_url: RESUME_URL })),
      sequence: fc.oneof(fc.nat(), fc.constant(null)),
    }),
    fc.record({ kind: fc.constant("hello" as const), heartbeatIntervalMs: fc.integer({ min: 1, max: 60_000 }) }),
    fc.record({ kind: fc.constant("invalidSession" as const), resumable: fc.boolean() }),
    fc.constantFrom<GatewayFrame>(
      { kind: "heartbeat" },
      { kind: "heartbeatAck" },
      { kind: "reconnect" },
      { kind: "unknown", op: 99 },
      { kind: "malformed", problem: "no" },
    ),
  );
  const inputs: fc.Arbitrary<ShardInput> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("frame" as const), frame: frames }) },
    fc.record({ type: fc.constant("connectRequested" as const) }),
    fc.constant<ShardInput>({ type: "connectRequested", session }),
    fc.record({ type: fc.constant("closeRequested" as const), keepSession: fc.boolean() }),
    fc.record({ type: fc.constant("socketClosed" as const), code: fc.integer({ min: 1000, max: 4999 }) }),
    fc.record({ type: fc.constant("identifyGranted" as const) }),
    fc.record({
      type: fc.constant("timerFired" as const),
      timer: fc.constantFrom<ShardTimer>("connect", "session", "heartbeat", "backoff"),
    }),
  );

  it("never throws, opens a socket only when none is open, and never lets a sequence go back within a session", () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 80 }), (sequence) => {
        let state: ShardState = initialShardState;
        let open = false;
        for (const input of sequence) {
          // A driver reports the end of its current socket only.
          if (input.type === "socketClosed" && !open) continue;
          if (input.type === "socketClosed") open = false;
          const before = "session" in state ? state.session : undefined;
          const step = stepShard(state, input);
          for (const effect of step.effects) {
            if (effect.type === "closeSocket") open = false;
            if (effect.type === "openSocket") {
              expect(open).toBe(false);
              open = true;
            }
          }
          ({ state } = step);
          const after = "session" in state ? state.session : undefined;
          if (input.type === "frame" && before !== undefined && after?.id === before.id) {
            expect(after.sequence).toBeGreaterThanOrEqual(before.sequence);
          }
          expect(["idle", "backingOff", "closed"].includes(state.status)).toBe(!open);
        }
      }),
      { numRuns: 500 },
    );
  });
});
