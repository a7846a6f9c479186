import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { voiceCloseCodes } from "./close-code.ts";
import type { VoiceServerMessage } from "./envelope.ts";
import { createVoiceState, initialVoiceState, stepVoice } from "./voice-machine.ts";
import type { VoiceEffect, VoiceInput, VoiceMachineState, VoiceSessionCredentials, VoiceTimer } from "./voice-step.ts";

const credentials: VoiceSessionCredentials = {
  guildId: "1",
  channelId: "2",
  userId: "3",
  sessionId: "session",
  token: "token",
  endpoint: "voice.example:443",
};
const xchacha = "aead_xchacha20_poly1305_rtpsize";
const ready = { ssrc: 9, ip: "203.0.113.1", port: 50_000, modes: ["aead_aes256_gcm_rtpsize", xchacha] };
const description = {
  mode: xchacha,
  secret_key: Array.from({ length: 32 }, (_, index) => index),
  dave_protocol_version: 1,
};

const text = (message: VoiceServerMessage | undefined, sequence?: number): VoiceInput => ({
  type: "text",
  text: { sequence, message },
  nowMs: 1_000,
});
const timer = (name: VoiceTimer): VoiceInput => ({ type: "timer", timer: name, nowMs: 1_000 });
const closed = (code: number): VoiceInput => ({ type: "socketClosed", code });
const hello = text({ op: 8, d: { heartbeat_interval: 10_000 } });

function run(inputs: readonly VoiceInput[], from: VoiceMachineState = initialVoiceState) {
  let state = from;
  let effects: readonly VoiceEffect[] = [];
  for (const input of inputs) ({ state, effects } = stepVoice(state, input));
  return { state, effects };
}

const handshake: readonly VoiceInput[] = [
  { type: "credentials", credentials },
  hello,
  text({ op: 2, d: ready }, 1),
  { type: "discovered", address: { address: "198.51.100.7", port: 40_000 } },
  text({ op: 4, d: description }, 2),
];
const connected = run(handshake).state;

function sent(effects: readonly VoiceEffect[]): unknown[] {
  return effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));
}
const types = (effects: readonly VoiceEffect[]) => effects.map(({ type }) => type);

describe("the handshake", () => {
  test("opens the socket of the endpoint with gateway version 8", () => {
    const { effects } = run(handshake.slice(0, 1));
    expect(effects).toContainEqual({ type: "openSocket", url: "wss://voice.example:443/?v=8" });
  });

  test("identifies after Hello with DAVE version 1 and starts the heart", () => {
    const { state, effects } = run(handshake.slice(0, 2));
    expect(state.name).toBe("identifying");
    const d = { server_id: "1", user_id: "3", session_id: "session", token: "token", max_dave_protocol_version: 1 };
    expect(sent(effects)).toEqual([{ op: 0, d }]);
    expect(effects).toContainEqual({ type: "setTimer", timer: "heartbeat", delayMs: 10_000 });
  });

  test("discovers, selects XChaCha20, and stands with the keys of the session description", () => {
    expect(run(handshake.slice(0, 3)).effects).toEqual([
      { type: "openUdp", address: "203.0.113.1", port: 50_000, ssrc: 9 },
      { type: "sendDiscovery", ssrc: 9 },
      { type: "setTimer", timer: "discovery", delayMs: 500 },
    ]);
    const data = { address: "198.51.100.7", port: 40_000, mode: xchacha };
    expect(sent(run(handshake.slice(0, 4)).effects)).toEqual([{ op: 1, d: { protocol: "udp", data } }]);
    const { state, effects } = run(handshake);
    expect(state.name).toBe("connected");
    expect(effects).toContainEqual({
      type: "established",
      mode: xchacha,
      secretKey: description.secret_key,
      ssrc: 9,
      daveProtocolVersion: 1,
      credentials,
    });
  });

  test("asks ten times for the address, then fails", () => {
    let step = run(handshake.slice(0, 3));
    for (let attempt = 2; attempt <= 10; attempt++) {
      step = stepVoice(step.state, timer("discovery"));
      expect(types(step.effects)).toEqual(["sendDiscovery", "setTimer"]);
    }
    const { state, effects } = stepVoice(step.state, timer("discovery"));
    expect(state).toMatchObject({ name: "closed", end: { kind: "discoveryFailed" } });
    expect(types(effects)).toContain("closeMedia");
  });

  test("fails when the server offers no mode that we know, or answers with another", () => {
    const strange = text({ op: 2, d: { ...ready, modes: ["xsalsa20_poly1305"] } });
    const { state } = run([...handshake.slice(0, 2), strange, handshake[3] as VoiceInput]);
    expect(state).toMatchObject({ name: "closed", end: { kind: "noCommonEncryption" } });
    const other = text({ op: 4, d: { ...description, mode: "aead_aes256_gcm_rtpsize" } });
    expect(run([...handshake.slice(0, 4), other]).state).toMatchObject({
      name: "closed",
      end: { kind: "noCommonEncryption" },
    });
  });

  test("starts over when it takes too long", () => {
    const { state, effects } = run([...handshake.slice(0, 2), timer("handshake")]);
    expect(state).toMatchObject({ name: "backoff", resume: false });
    expect(effects[0]).toEqual({ type: "closeSocket", code: 3000 });
  });
});

describe("heartbeats", () => {
  test("acknowledge the last sequence number, -1 before the first", () => {
    expect(sent(run([...handshake.slice(0, 2), timer("heartbeat")]).effects)).toEqual([
      { op: 3, d: { t: 1_000, seq_ack: -1 } },
    ]);
    expect(sent(run([timer("heartbeat")], connected).effects)).toEqual([{ op: 3, d: { t: 1_000, seq_ack: 2 } }]);
  });

  test("acknowledge sequence 0 after a wrap, from text and binary alike", () => {
    const frame: VoiceInput = { type: "frame", frame: { sequence: 65_535, op: 27, payload: new Uint8Array() } };
    const wrapped = run([frame, text({ op: 11, d: { user_ids: ["5"] } }, 0), timer("heartbeat")], connected);
    expect(sent(wrapped.effects)).toEqual([{ op: 3, d: { t: 1_000, seq_ack: 0 } }]);
    const binary: VoiceInput = { type: "frame", frame: { sequence: 0, op: 27, payload: new Uint8Array() } };
    expect(sent(run([frame, binary, timer("heartbeat")], connected).effects)).toEqual([
      { op: 3, d: { t: 1_000, seq_ack: 0 } },
    ]);
  });

  test("count unknown opcodes too", () => {
    expect(sent(run([text(undefined, 77), timer("heartbeat")], connected).effects)).toEqual([
      { op: 3, d: { t: 1_000, seq_ack: 77 } },
    ]);
  });

  test("measure latency by the echoed nonce", () => {
    expect(run([text({ op: 6, d: { t: 958 } })], connected).effects).toEqual([{ type: "latency", latencyMs: 42 }]);
  });

  test("that stay unanswered drop the socket and resume", () => {
    const { state, effects } = run([timer("heartbeat"), timer("heartbeat"), timer("heartbeat")], connected);
    expect(state).toMatchObject({ name: "backoff", resume: true });
    expect(effects[0]).toEqual({ type: "closeSocket", code: 3000 });
    const answered = run(
      [timer("heartbeat"), timer("heartbeat"), text({ op: 6, d: { t: 1 } }), timer("heartbeat")],
      connected,
    );
    expect(answered.state.name).toBe("connected");
  });
});

describe("close codes while connected", () => {
  const resumable = [1000, 1001, 1006, 4015];
  test.each(resumable)("%i resumes at once and keeps media", (code) => {
    const lost = run([closed(code)], connected);
    expect(lost.state).toMatchObject({ name: "backoff", resume: true });
    expect(types(lost.effects)).not.toContain("closeMedia");
    expect(lost.effects).toContainEqual({ type: "setTimer", timer: "backoff", delayMs: 0 });
    const resuming = run([timer("backoff"), hello], lost.state);
    expect(sent(resuming.effects)).toEqual([
      { op: 7, d: { server_id: "1", session_id: "session", token: "token", seq_ack: 2 } },
    ]);
    const resumed = run([text({ op: 9, d: null })], resuming.state);
    expect(resumed.state.name).toBe("connected");
    expect(resumed.effects).toContainEqual({ type: "resumed" });
  });

  test.each([4006, 4009, 4011, 4999])("%i asks for a new session", (code) => {
    const { state, effects } = run([closed(code)], connected);
    expect(state).toMatchObject({ name: "awaitingCredentials", cause: "sessionLost" });
    expect(effects).toContainEqual({ type: "rejoin", attempt: 0, closeCode: code });
    expect(types(effects)).toContain("closeMedia");
    const fresh = { ...credentials, token: "fresh" };
    expect(run([{ type: "credentials", credentials: fresh }], state).state).toMatchObject({
      name: "opening",
      resume: false,
    });
  });

  test("a driver that waits for no move takes 4014 for the end at once", () => {
    const impatient = run(
      [
        { type: "credentials", credentials },
        { type: "timer", timer: "backoff", nowMs: 0 },
      ],
      createVoiceState({ moveWaitMs: 0 }),
    ).state;
    const { state, effects } = run([closed(4014)], impatient);
    expect(state).toMatchObject({ name: "closed", end: { kind: "disconnected", closeCode: 4014 } });
    expect(effects.map(({ type }) => type)).not.toContain("rejoin");
  });

  test("4014 waits 5 s for a move, then ends", () => {
    const { state, effects } = run([closed(4014)], connected);
    expect(state).toMatchObject({ name: "awaitingCredentials", cause: "moved" });
    expect(effects).toContainEqual({ type: "setTimer", timer: "credentials", delayMs: 5_000 });
    const moved = { ...credentials, channelId: "22" };
    expect(run([{ type: "credentials", credentials: moved }], state).state.name).toBe("opening");
    const over = run([timer("credentials")], state);
    expect(over.state).toMatchObject({ name: "closed", end: { kind: "disconnected", closeCode: 4014 } });
  });

  test.each([
    [4001, "rejected"],
    [4002, "rejected"],
    [4003, "rejected"],
    [4004, "authenticationFailed"],
    [4005, "rejected"],
    [4012, "rejected"],
    [4016, "rejected"],
    [4017, "daveRequired"],
    [4020, "rejected"],
    [4021, "rateLimited"],
    [4022, "callTerminated"],
  ])("%i ends the connection as %s", (code, kind) => {
    const { state, effects } = run([closed(code)], connected);
    expect(state).toMatchObject({ name: "closed", end: { kind, closeCode: code } });
    expect(effects.at(-1)).toMatchObject({ type: "ended", end: { kind, closeCode: code } });
    expect(run([{ type: "credentials", credentials }], state)).toEqual({ state, effects: [] });
  });

  test("no documented code is left out above", () => {
    const tested = new Set([
      ...resumable,
      4006,
      4009,
      4011,
      4014,
      4001,
      4002,
      4003,
      4004,
      4005,
      4012,
      4016,
      4017,
      4020,
      4021,
      4022,
    ]);
    expect([...voiceCloseCodes.keys()].filter((code) => !tested.has(code))).toEqual([]);
  });
});

describe("bounds", () => {
  test("five lost sockets in a row lead to a new session, four of those to the end", () => {
    let state = connected;
    const seen: string[] = [];
    for (let turn = 0; turn < 200 && state.name !== "closed"; turn++) {
      const step =
        state.name === "backoff"
          ? stepVoice(state, timer("backoff"))
          : stepVoice(
              state,
              state.name === "awaitingCredentials" ? { type: "credentials", credentials } : closed(1006),
            );
      state = step.state;
      seen.push(...types(step.effects).filter((type) => type === "openSocket" || type === "rejoin"));
    }
    expect(state).toMatchObject({ name: "closed", end: { kind: "reconnectFailed" } });
    expect(seen.filter((type) => type === "rejoin")).toHaveLength(4);
    expect(seen.filter((type) => type === "openSocket")).toHaveLength(5 + 4 * 6);
  });

  test("credentials that never come are asked for again, then given up", () => {
    let step = run([closed(4006)], connected);
    for (let attempt = 1; attempt < 4; attempt++) {
      step = run([timer("credentials")], step.state);
      expect(step.effects).toContainEqual({ type: "rejoin", attempt, closeCode: 4006 });
    }
    expect(run([timer("credentials")], step.state).state).toMatchObject({
      name: "closed",
      end: { kind: "reconnectFailed" },
    });
  });

  test("a server that went away is waited for without asking, then asked for", () => {
    const gone = run([{ type: "serverGone" }], connected);
    expect(gone.state).toMatchObject({ name: "awaitingCredentials", cause: "serverGone" });
    expect(types(gone.effects)).not.toContain("rejoin");
    expect(types(run([timer("credentials")], gone.state).effects)).toContain("rejoin");
  });
});

test("passes members, speakers and DAVE through, and nothing after the socket is gone", () => {
  const speaking = { op: 5, d: { user_id: "5", ssrc: 1, speaking: 1 } } as const;
  const frame = { sequence: 3, op: 25, payload: Uint8Array.of(1) };
  expect(run([text(speaking)], connected).effects).toEqual([{ type: "media", message: speaking }]);
  expect(run([{ type: "frame", frame }], connected).effects).toEqual([{ type: "mediaFrame", frame }]);
  const { state } = run([closed(4006)], connected);
  expect(run([text(speaking), { type: "frame", frame }], state)).toEqual({ state, effects: [] });
});

test("leaving and closing end every state once", () => {
  for (let length = 0; length <= handshake.length; length++) {
    const { state } = run(handshake.slice(0, length));
    const over = run([{ type: "close" }], state);
    expect(over.state).toMatchObject({ name: "closed", end: { kind: "requested" } });
    expect(run([{ type: "left" }], state).state).toMatchObject({ name: "closed", end: { kind: "disconnected" } });
    expect(run([{ type: "close" }], over.state).effects).toEqual([]);
  }
});

test("no order of inputs throws, loses the end, or speaks after it", () => {
  const input: fc.Arbitrary<VoiceInput> = fc.oneof(
    fc.constantFrom(...handshake, hello, text({ op: 9, d: null }), text({ op: 6, d: { t: 5 } })),
    fc.constantFrom<VoiceInput>({ type: "close" }, { type: "left" }, { type: "serverGone" }),
    fc.constantFrom<VoiceTimer>("heartbeat", "handshake", "discovery", "backoff", "credentials").map(timer),
    fc.integer({ min: 1000, max: 4030 }).map(closed),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
      let state = initialVoiceState;
      let ends = 0;
      for (const next of inputs) {
        const over = state.name === "closed";
        const step = stepVoice(state, next);
        if (over) expect(step.effects).toEqual([]);
        ends += step.effects.filter(({ type }) => type === "ended").length;
        state = step.state;
      }
      expect(ends).toBe(state.name === "closed" ? 1 : 0);
    }),
    { numRuns: 1_000 },
  );
});
