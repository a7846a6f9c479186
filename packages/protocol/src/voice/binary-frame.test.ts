import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeClientFrame,
  decodeMlsTransition,
  decodeServerFrame,
  encodeClientFrame,
  encodeMlsTransition,
  encodeServerFrame,
} from "./binary-frame.ts";

const uint8 = fc.integer({ min: 0, max: 0xff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const payload = fc.uint8Array({ maxLength: 64 });

test("a server's frame carries its sequence number, a client's none", () => {
  const bytes = Uint8Array.of(0xaa, 0xbb);
  expect(encodeServerFrame({ sequence: 0xfffe, op: 27, payload: bytes })).toEqual(
    Uint8Array.of(0xff, 0xfe, 27, 0xaa, 0xbb),
  );
  expect(encodeClientFrame({ op: 26, payload: bytes })).toEqual(Uint8Array.of(26, 0xaa, 0xbb));
  expect(encodeMlsTransition({ transitionId: 0x0102, message: bytes })).toEqual(Uint8Array.of(1, 2, 0xaa, 0xbb));
});

test("decodes what it encodes", () => {
  fc.assert(
    fc.property(uint16, uint8, payload, (sequence, op, bytes) => {
      expect(decodeServerFrame(encodeServerFrame({ sequence, op, payload: bytes }))).toEqual({
        sequence,
        op,
        payload: bytes,
      });
      expect(decodeClientFrame(encodeClientFrame({ op, payload: bytes }))).toEqual({ op, payload: bytes });
      const transition = { transitionId: sequence, message: bytes };
      expect(decodeMlsTransition(encodeMlsTransition(transition))).toEqual(transition);
    }),
  );
});

test("frames that are cut short are none", () => {
  for (let length = 0; length < 3; length++) expect(decodeServerFrame(new Uint8Array(length))).toBeNull();
  expect(decodeClientFrame(new Uint8Array(0))).toBeNull();
  expect(decodeMlsTransition(new Uint8Array(1))).toBeNull();
});
