import type { EncryptionMode } from "@antiphon/protocol/voice";
import { createGcmCipher } from "./gcm-cipher.ts";
import type { PacketCipher } from "./packet-cipher.ts";
import { createSodiumCipher } from "./sodium-cipher.ts";

/**
 * Builds the cipher of a session; `key` has 32 bytes, `usedNonces` says how many packets were sealed with it before. {@link sodiumReady}
 * must have resolved.
 */
export function createCipher(mode: EncryptionMode, key: Uint8Array, usedNonces = 0): PacketCipher {
  return mode === "aead_xchacha20_poly1305_rtpsize"
    ? createSodiumCipher(key, usedNonces)
    : createGcmCipher(key, usedNonces);
}
