import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto";
import { encryptionModes, rtpsizeLayout, TRANSPORT_TAG_BYTES, type EncryptionMode } from "@antiphon/protocol/voice";
import sodium from "libsodium-wrappers";

/** Seals and opens RTP packets between the voice server and one member. */
export interface TransportCipher {
  /** The whole packet: clear header, ciphertext, tag, and the 4 bytes of the nonce. */
  seal(header: Uint8Array, payload: Uint8Array): Buffer;
  /** The plaintext behind a clear header of `clearBytes`; null when the packet is too short or was not sealed with this key. */
  open(packet: Buffer, clearBytes: number): Buffer | null;
}

/** The AEAD of a mode; `seal` gives ciphertext and tag in one piece, `open` takes them so and throws when they do not fit. */
interface Aead {
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array;
}

function xchacha(key: Uint8Array): Aead {
  return {
    seal: (nonce, additionalData, plaintext) =>
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, additionalData, null, nonce, key),
    open: (nonce, additionalData, sealed) =>
      sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, additionalData, nonce, key),
  };
}

function aesGcm(keyBytes: Uint8Array): Aead {
  // As a KeyObject: on Node 24 a Buffer makes each call several times slower.
  const key = createSecretKey(keyBytes);
  return {
    seal(nonce, additionalData, plaintext) {
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(additionalData);
      return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    },
    open(nonce, additionalData, sealed) {
      const tagStart = sealed.length - TRANSPORT_TAG_BYTES;
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TRANSPORT_TAG_BYTES });
      decipher.setAAD(additionalData).setAuthTag(sealed.subarray(tagStart));
      return Buffer.concat([decipher.update(sealed.subarray(0, tagStart)), decipher.final()]);
    },
  };
}

const aeads: Readonly<Record<EncryptionMode, (key: Uint8Array) => Aead>> = {
  aead_xchacha20_poly1305_rtpsize: xchacha,
  aead_aes256_gcm_rtpsize: aesGcm,
};

/** Builds a {@link TransportCipher}. For XChaCha20, `sodium.ready` must have resolved before. */
export function createTransportCipher(mode: EncryptionMode, key: Uint8Array): TransportCipher {
  const aead = aeads[mode](key);
  const sealNonce = Buffer.alloc(encryptionModes[mode].nonceBytes);
  const openNonce = Buffer.alloc(encryptionModes[mode].nonceBytes);
  let counter = 0;
  return {
    seal(header, payload) {
      counter = (counter + 1) >>> 0;
      sealNonce.writeUInt32BE(counter);
      return Buffer.concat([header, aead.seal(sealNonce, header, payload), sealNonce.subarray(0, 4)]);
    },
    open(packet, clearBytes) {
      const layout = rtpsizeLayout(clearBytes, packet.length);
      if (layout === null) return null;
      packet.copy(openNonce, 0, layout.nonceStart);
      try {
        const sealed = packet.subarray(layout.ciphertextStart, layout.nonceStart);
        return Buffer.from(aead.open(openNonce, packet.subarray(0, clearBytes), sealed));
      } catch {
        // Both libraries tell a wrong tag by throwing; there is nothing else to know about it.
        return null;
      }
    },
  };
}
