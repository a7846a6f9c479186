/**
 * The transport encryption modes that Discord still serves. In both, the clear RTP header is the additional data, and the packet ends
 * with the tag and the 4 bytes that begin the otherwise empty nonce.
 *
 * @see [Discord Docs/Voice Connections], "Transport Encryption Modes"
 */
export const encryptionModes = {
  /** Always offered; ours by choice, because libsodium is several times faster here than AES in node:crypto. */
  aead_xchacha20_poly1305_rtpsize: { nonceBytes: 24 },
  /** Offered where the server's hardware has AES. */
  aead_aes256_gcm_rtpsize: { nonceBytes: 12 },
} as const;

/** The name of a transport encryption mode. */
export type EncryptionMode = keyof typeof encryptionModes;

/** The size of a transport key in both modes, in bytes. */
export const TRANSPORT_KEY_BYTES = 32;

/** The size of the authentication tag in both modes, in bytes. */
export const TRANSPORT_TAG_BYTES = 16;

/** The size of the nonce's counter at the end of a packet, in bytes. */
export const TRANSPORT_NONCE_SUFFIX_BYTES = 4;

/** The mode that we prefer among those offered, or null when none is known. */
export function chooseEncryptionMode(offered: readonly string[]): EncryptionMode | null {
  const known = Object.keys(encryptionModes) as EncryptionMode[];
  return known.find((mode) => offered.includes(mode)) ?? null;
}

/** Where the parts of an encrypted packet lie, as offsets from its start, in bytes. */
export interface RtpsizeLayout {
  /** Where the clear header ends and the ciphertext begins. */
  readonly ciphertextStart: number;
  /** Where the ciphertext ends and the tag begins. */
  readonly tagStart: number;
  /** Where the tag ends and the nonce's 4 bytes begin. */
  readonly nonceStart: number;
}

/** Where the parts of a packet lie; null when it is too short to hold them. */
export function rtpsizeLayout(clearBytes: number, packetBytes: number): RtpsizeLayout | null {
  const nonceStart = packetBytes - TRANSPORT_NONCE_SUFFIX_BYTES;
  const tagStart = nonceStart - TRANSPORT_TAG_BYTES;
  return tagStart < clearBytes ? null : { ciphertextStart: clearBytes, tagStart, nonceStart };
}
