import fc from "fast-check";
import { expect, test } from "vitest";
import { readRtpHeader, RTP_HEADER_BYTES, unwrapRtpPayload, writeRtpHeader } from "./rtp-header.ts";

const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });

test("writes the header of RFC 3550, payload type 120", () => {
  const bytes = new Uint8Array(RTP_HEADER_BYTES);
  writeRtpHeader(bytes, { sequence: 0x1234, timestamp: 0xdeadbeef, ssrc: 0x00c0ffee });
  expect(Buffer.from(bytes).toString("hex")).toBe("80781234deadbeef00c0ffee");
});

test("reads what it writes", () => {
  fc.assert(
    fc.property(uint16, uint32, uint32, (sequence, timestamp, ssrc) => {
      const bytes = new Uint8Array(RTP_HEADER_BYTES + 20);
      writeRtpHeader(bytes, { sequence, timestamp, ssrc });
      expect(readRtpHeader(bytes)).toEqual({
        sequence,
        timestamp,
        ssrc,
        clearBytes: 12,
        extensionBytes: 0,
        padded: false,
      });
    }),
  );
});

test("counts contributing sources and the extension's preamble as clear, its body as encrypted", () => {
  // Version 2, padding, extension, two contributing sources; marker and type 120; 0xBEDE with two words.
  const packet = Buffer.from(`b2f80001000003c0000000070000000a0000000bbede0002${"00".repeat(30)}`, "hex");
  expect(readRtpHeader(packet)).toEqual({
    sequence: 1,
    timestamp: 960,
    ssrc: 7,
    clearBytes: 24,
    extensionBytes: 8,
    padded: true,
  });
});

test("takes no RTCP, no other version or payload type, nothing cut short", () => {
  const packet = Buffer.from("9078000100000000000000070000000a", "hex");
  for (const type of [200, 201, 202, 203, 204]) {
    expect(readRtpHeader(Buffer.from([0x80, type, ...packet.subarray(2)]))).toBeNull();
  }
  expect(readRtpHeader(Buffer.from([0x40, ...packet.subarray(1)]))).toBeNull();
  expect(readRtpHeader(Buffer.from([0x80, 0x6f, ...packet.subarray(2)]))).toBeNull();
  for (let length = 0; length < packet.length; length++) {
    expect(readRtpHeader(packet.subarray(0, length))).toBeNull();
  }
  expect(readRtpHeader(packet)).not.toBeNull();
});

test("never throws on noise, and never claims clear bytes that are not there", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => {
      const header = readRtpHeader(noise);
      if (header === null) return;
      expect(header.clearBytes).toBeLessThanOrEqual(noise.length);
      const payload = noise.subarray(header.clearBytes);
      expect(unwrapRtpPayload(header, payload)?.length ?? 0).toBeLessThanOrEqual(payload.length);
    }),
  );
});

test("cuts extension and padding off, and refuses lengths that contradict the packet", () => {
  const header = { sequence: 0, timestamp: 0, ssrc: 0, clearBytes: 16, extensionBytes: 4, padded: true };
  expect(unwrapRtpPayload(header, Uint8Array.of(9, 9, 9, 9, 1, 2, 3, 0, 0, 3))).toEqual(Uint8Array.of(1, 2, 3));
  expect(unwrapRtpPayload(header, Uint8Array.of(9, 9, 9, 9, 1, 0))).toBeNull();
  expect(unwrapRtpPayload(header, Uint8Array.of(9, 9, 9, 9, 200))).toBeNull();
  expect(unwrapRtpPayload({ ...header, padded: false }, Uint8Array.of(9, 9))).toBeNull();
});
