import type { EncryptionMode } from "@antiphon/protocol/voice";

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
