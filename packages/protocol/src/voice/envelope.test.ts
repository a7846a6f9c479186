import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeVoiceServerText } from "./envelope.ts";

// Messages as in [Discord Docs/Voice Connections].
test.each([
  ['{"op":8,"d":{"v":8,"heartbeat_interval":41250}}', undefined, { op: 8, d: { v: 8, heartbeat_interval: 41_250 } }],
  [
    '{"op":2,"seq":1,"d":{"ssrc":1,"ip":"127.0.0.1","port":1234,"modes":["a"],"heartbeat_interval":1}}',
    1,
    { op: 2, d: { ssrc: 1, ip: "127.0.0.1", port: 1234, modes: ["a"], heartbeat_interval: 1 } },
  ],
  [
    '{"op":5,"d":{"speaking":1,"delay":0,"ssrc":7,"user_id":"12"},"seq":0}',
    0,
    { op: 5, d: { speaking: 1, delay: 0, ssrc: 7, user_id: "12" } },
  ],
  ['{"op":6,"d":{"t":1501184119561}}', undefined, { op: 6, d: { t: 1_501_184_119_561 } }],
  ['{"op":9,"d":null}', undefined, { op: 9, d: null }],
  ['{"op":9}', undefined, { op: 9, d: null }],
  [
    '{"op":21,"d":{"protocol_version":0,"transition_id":10},"seq":9}',
    9,
    { op: 21, d: { protocol_version: 0, transition_id: 10 } },
  ],
])("decodes %s", (text, sequence, message) => {
  expect(decodeVoiceServerText(text)).toEqual({ sequence, message });
});

test("keeps the sequence number of an opcode that it does not know", () => {
  expect(decodeVoiceServerText('{"op":18,"seq":44,"d":{"flags":2}}')).toEqual({ sequence: 44, message: undefined });
});

test.each([
  "",
  "{",
  "[]",
  "null",
  '{"op":"8"}',
  '{"op":8,"d":{}}',
  '{"op":8,"d":{"heartbeat_interval":-1}}',
  '{"op":2,"d":null}',
  '{"op":11,"d":{"user_ids":["x"]}}',
])("refuses %j", (text) => {
  expect(decodeVoiceServerText(text)).toBeNull();
});

test("never throws, whatever comes", () => {
  fc.assert(fc.property(fc.json(), (text) => void decodeVoiceServerText(text)));
  const op = fc.integer({ min: 0, max: 32 });
  fc.assert(fc.property(op, fc.jsonValue(), (code, d) => void decodeVoiceServerText(JSON.stringify({ op: code, d }))));
});
