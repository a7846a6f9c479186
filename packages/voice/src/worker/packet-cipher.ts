import type { EncryptionMode } from "@antiphon/protocol/voice";

/** The largest packet that a cipher seals or opens, in bytes. */
export const MAXIMUM_PACKET_BYTES = 2_048;

/** The last value of the 32-bit counter that nonces are made of; another packet would repeat the first one's. */
export const LAST_NONCE = 0xffff_ffff;

/** The transport encryption of one session, in one of the `rtpsize` modes. */
export interface PacketCipher {
  /** The mode's name on the wire. */
  readonly mode: EncryptionMode;
  /**
   * Writes ciphertext, tag and nonce behind the 12-byte RTP header that `packet` begins with, and gives the packet's size in bytes. Each
   * call uses a nonce of its own; 0 once there is none left under this key, after 2^32 - 1 packets.
   */
  seal(packet: Uint8Array, payload: Uint8Array): number;
  /** The payload behind the first `clearBytes` of a packet; null when the packet was not sealed with this key. */
  open(packet: Uint8Array, clearBytes: number): Buffer | null;
  /** Wipes the key; idempotent. */
  close(): void;
}
