import { createDecipheriv } from "node:crypto";
import { writeRtpHeader, type EncryptionMode } from "@antiphon/protocol/voice";
import fc from "fast-check";
import sodium from "libsodium-wrappers";
import { beforeAll, describe, expect, test } from "vitest";
import { createCipher } from "./create-cipher.ts";
import { MAXIMUM_PACKET_BYTES } from "./packet-cipher.ts";
import { sodiumReady } from "./sodium-cipher.ts";

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const opus = Uint8Array.from({ length: 160 }, (_, index) => index);

beforeAll(() => sodiumReady);

function sealed(mode: EncryptionMode, payload: Uint8Array): Buffer {
  const packet = Buffer.alloc(MAXIMUM_PACKET_BYTES);
  writeRtpHeader(packet, { sequence: 1, timestamp: 960, ssrc: 7 });
  const cipher = createCipher(mode, key);
  const bytes = cipher.seal(packet, payload);
  cipher.close();
  return packet.subarray(0, bytes);
}

test("XChaCha20 packets open with libsodium's own wrapper", () => {
  const packet = sealed("aead_xchacha20_poly1305_rtpsize", opus);
  const nonce = Buffer.alloc(24);
  packet.copy(nonce, 0, packet.length - 4);
  expect(nonce.readUInt32BE()).toBe(1);
  const body = packet.subarray(12, -4);
  expect(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, body, packet.subarray(0, 12), nonce, key)).toEqual(
    opus,
  );
});

test("AES-GCM packets open with node:crypto by the layout of the documentation", () => {
  const packet = sealed("aead_aes256_gcm_rtpsize", opus);
  const nonce = Buffer.alloc(12);
  packet.copy(nonce, 0, packet.length - 4);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce)
    .setAAD(packet.subarray(0, 12))
    .setAuthTag(packet.subarray(-20, -4));
  expect(Buffer.concat([decipher.update(packet.subarray(12, -20)), decipher.final()])).toEqual(Buffer.from(opus));
});

describe.each(["aead_xchacha20_poly1305_rtpsize", "aead_aes256_gcm_rtpsize"] as const)("%s", (mode) => {
  test("opens what it seals, and never uses a nonce twice", () => {
    const cipher = createCipher(mode, key);
    const nonces = new Set<string>();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_300 }), (payload) => {
        const packet = Buffer.alloc(MAXIMUM_PACKET_BYTES);
        writeRtpHeader(packet, { sequence: 1, timestamp: 960, ssrc: 7 });
        const whole = packet.subarray(0, cipher.seal(packet, payload));
        nonces.add(whole.subarray(-4).toString("hex"));
        expect(cipher.open(whole, 12)).toEqual(Buffer.from(payload));
      }),
      { numRuns: 50 },
    );
    expect(nonces.size).toBe(50);
    cipher.close();
    cipher.close();
  });

  test("seals no more when its nonces are used up", () => {
    const cipher = createCipher(mode, key, 0xffff_fffd);
    const packet = Buffer.alloc(MAXIMUM_PACKET_BYTES);
    const nonces = Array.from({ length: 4 }, () => {
      const bytes = cipher.seal(packet, opus);
      return bytes === 0 ? null : packet.readUInt32BE(bytes - 4);
    });
    expect(nonces).toEqual([0xffff_fffe, 0xffff_ffff, null, null]);
    cipher.close();
  });

  test("opens nothing that was changed in any byte, cut short, or too long", () => {
    const packet = sealed(mode, opus.subarray(0, 20));
    const cipher = createCipher(mode, key);
    for (let index = 0; index < packet.length; index++) {
      const forged = Buffer.from(packet);
      forged[index] = (forged[index] ?? 0) ^ 1;
      expect(cipher.open(forged, 12)).toBeNull();
      expect(cipher.open(packet.subarray(0, index), 12)).toBeNull();
    }
    expect(cipher.open(Buffer.alloc(4_000), 12)).toBeNull();
    cipher.close();
  });
});
