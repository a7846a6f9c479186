import { encodeMlsTransition, OPUS_SILENCE_FRAME, type VoiceMediaMessage } from "@antiphon/protocol/voice";
import { expect, test } from "vitest";
import { createDaveySession } from "./davey-session.ts";

const opus = Uint8Array.of(0xfc, 1, 2, 3);
const nobody = new Set<string>();

function open(protocolVersion: number) {
  const log: string[] = [];
  const time = { nowMs: 0 };
  const session = createDaveySession({
    protocolVersion,
    userId: "300000000000000001",
    channelId: "200000000000000001",
    reply(answer) {
      if (answer.type === "frame") log.push(`op ${answer.frame.op}`);
      else log.push(`op ${answer.message.op} ${JSON.stringify(answer.message.d)}`);
    },
    onChange() {},
    debug() {},
    nowMs: () => time.nowMs,
  });
  const message = (op: 21 | 22 | 24, d: object) => session.handleMessage({ op, d } as VoiceMediaMessage);
  return { session, log, message, time };
}

test("version 0 sends and takes frames in clear, and asks for no group", () => {
  const { session, log } = open(0);
  expect(session).toMatchObject({ sendable: true, epoch: null, privacyCode: null, protocolVersion: 0 });
  expect(session.encrypt(opus)).toEqual(opus);
  expect(session.decrypt("5", Buffer.from(opus))).toEqual(Buffer.from(opus));
  expect(log).toEqual([]);
});

test("version 1 offers a key package and sends nothing but silence before its group stands", () => {
  const { session, log } = open(1);
  expect(log).toEqual(["op 26"]);
  expect(session.sendable).toBe(false);
  expect(session.encrypt(opus)).toBeNull();
  expect(session.encrypt(OPUS_SILENCE_FRAME)).toEqual(OPUS_SILENCE_FRAME);
  expect(session.decrypt("5", Buffer.from(OPUS_SILENCE_FRAME))).toEqual(Buffer.from(OPUS_SILENCE_FRAME));
  expect(session.decrypt("5", Buffer.from(opus))).toBeNull();
});

test("an upgrade takes effect at op 22 only, and frames in clear are taken for 10 s more", () => {
  const { session, log, message, time } = open(0);
  message(24, { protocol_version: 1, epoch: 1 });
  message(21, { protocol_version: 1, transition_id: 4 });
  expect(log).toEqual(["op 26", 'op 23 {"transition_id":4}']);
  expect(session).toMatchObject({ protocolVersion: 0, sendable: true });
  message(22, { transition_id: 3 });
  expect(session.protocolVersion).toBe(0);
  message(22, { transition_id: 4 });
  expect(session).toMatchObject({ protocolVersion: 1, sendable: false });
  time.nowMs = 9_999;
  expect(session.decrypt("5", Buffer.from(opus))).toEqual(Buffer.from(opus));
  time.nowMs = 10_000;
  expect(session.decrypt("5", Buffer.from(opus))).toBeNull();
});

test("a downgrade lets frames in clear in when it is announced, and out when it is executed", () => {
  const { session, log, message } = open(1);
  message(21, { protocol_version: 0, transition_id: 7 });
  expect(log).toEqual(["op 26", 'op 23 {"transition_id":7}']);
  expect(session.sendable).toBe(false);
  expect(session.decrypt("5", Buffer.from(opus))).toEqual(Buffer.from(opus));
  message(22, { transition_id: 7 });
  expect(session.sendable).toBe(true);
  expect(session.encrypt(opus)).toEqual(opus);
});

test("an invalid commit or welcome is reported once, with a new key package, until a transition is executed", () => {
  const { session, log, message } = open(1);
  const payload = encodeMlsTransition({ transitionId: 9, message: Uint8Array.of(1, 2, 3) });
  session.handleFrame({ sequence: 1, op: 29, payload }, nobody);
  session.handleFrame({ sequence: 2, op: 30, payload }, nobody);
  expect(log).toEqual(["op 26", 'op 31 {"transition_id":9}', "op 26"]);
  message(21, { protocol_version: 1, transition_id: 0 });
  session.handleFrame({ sequence: 3, op: 29, payload }, nobody);
  expect(log.slice(3)).toEqual(['op 31 {"transition_id":9}', "op 26"]);
});

test("36 undecryptable frames in a row rebuild the group, at most every 10 s", () => {
  const { session, log, message, time } = open(1);
  const noise = Buffer.from("noise that only looks encrypted\xfa\xfa", "latin1");
  const fail = (count: number) => {
    for (let index = 0; index < count; index++) session.decrypt("5", noise);
  };
  fail(35);
  expect(log).toEqual(["op 26"]);
  fail(1);
  expect(log.slice(1)).toEqual(['op 31 {"transition_id":0}', "op 26"]);
  message(21, { protocol_version: 1, transition_id: 0 });
  time.nowMs = 9_999;
  fail(100);
  expect(log).toHaveLength(3);
  time.nowMs = 10_000;
  fail(1);
  expect(log).toHaveLength(5);
});

test("refuses strange frames and a version that does not exist without harm", () => {
  const { session, message, log } = open(1);
  for (const op of [25, 27, 28, 99]) session.handleFrame({ sequence: 1, op, payload: Uint8Array.of(0, 1, 2) }, nobody);
  session.handleFrame({ sequence: 1, op: 29, payload: Uint8Array.of(1) }, nobody);
  message(24, { protocol_version: 9, epoch: 1 });
  expect(log[0]).toBe("op 26");
  expect(session.sendable).toBe(false);
  session.close();
  session.close();
  expect(session.encrypt(opus)).toBeNull();
});
