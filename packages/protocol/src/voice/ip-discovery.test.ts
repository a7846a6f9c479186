import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeDiscoveryRequest,
  decodeDiscoveryResponse,
  encodeDiscoveryRequest,
  encodeDiscoveryResponse,
} from "./ip-discovery.ts";

const address = fc.ipV4();
const port = fc.integer({ min: 1, max: 0xffff });
const ssrc = fc.integer({ min: 0, max: 0xffff_ffff });

test("a request has 74 bytes: type 1, length 70, SSRC, zeros", () => {
  expect(Buffer.from(encodeDiscoveryRequest(0x01020304)).toString("hex")).toBe("0001004601020304" + "00".repeat(66));
});

test("a response has type 2, the address with a NUL, and the port at its end", () => {
  const bytes = Buffer.from(encodeDiscoveryResponse(5, { address: "203.0.113.7", port: 50_001 }));
  const text = Buffer.from("203.0.113.7").toString("hex").padEnd(128, "0");
  expect(bytes.toString("hex")).toBe("0002004600000005" + text + "c351");
});

test("reads what it writes, and nothing that is cut short", () => {
  fc.assert(
    fc.property(ssrc, address, port, (id, ip, number) => {
      const response = encodeDiscoveryResponse(id, { address: ip, port: number });
      expect(decodeDiscoveryResponse(response)).toEqual({ ssrc: id, address: ip, port: number });
      expect(decodeDiscoveryResponse(response.subarray(0, 73))).toBeNull();
      expect(decodeDiscoveryRequest(encodeDiscoveryRequest(id))).toEqual({ ssrc: id });
    }),
  );
});

test("refuses an address that is none, port 0, a request in place of a response, and noise", () => {
  expect(decodeDiscoveryResponse(encodeDiscoveryResponse(1, { address: "voice.example", port: 1 }))).toBeNull();
  expect(decodeDiscoveryResponse(encodeDiscoveryResponse(1, { address: "999.0.0.1", port: 1 }))).toBeNull();
  expect(decodeDiscoveryResponse(encodeDiscoveryResponse(1, { address: "127.0.0.1", port: 0 }))).toBeNull();
  expect(decodeDiscoveryResponse(encodeDiscoveryRequest(1))).toBeNull();
  expect(decodeDiscoveryRequest(encodeDiscoveryResponse(1, { address: "127.0.0.1", port: 1 }))).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 74, maxLength: 74 }), (noise) => void decodeDiscoveryResponse(noise)),
  );
});
