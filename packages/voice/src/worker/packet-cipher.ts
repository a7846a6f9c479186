import type { EncryptionMode } from "@antiphon/protocol/voice";
import { createGcmCipher } from "./gcm-cipher.ts";
import { createSodiumCipher } from "./sodium-cipher.ts";

/** The largest packet that a cipher seals or opens, in bytes. */
export const MAXIMUM_PACKET_BYTES = 2_048;

/** The transport encryption of one session, in one of the `rtpsize` modes. */
export interface PacketCipher {
  /** The mode's name on the wire. */
  readonly mode: EncryptionMode;
  /**
   * Writes ciphertext, tag and nonce behind the 12-byte RTP header that `packet` begins with, and gives the packet's size in bytes. Each
   * call uses a nonce of its own.
   */
  seal(packet: Uint8Array, payload: Uint8Array): number;
  /** The payload behind the first `clearBytes` of a packet; null when the packet was not sealed with this key. */
  open(packet: Uint8Array, clearBytes: number): Buffer | null;
  /** Wipes the key; idempotent. */
  close(): void;
}

/** Builds the cipher of a session; `key` has 32 bytes. {@link sodiumReady} must have resolved. */
export function createPacketCipher(mode: EncryptionMode, key: Uint8Array): PacketCipher {
  return mode === "aead_xchacha20_poly1305_rtpsize" ? createSodiumCipher(key) : createGcmCipher(key);
}
