import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto";
import {
  encryptionModes,
  RTP_HEADER_BYTES,
  rtpsizeLayout,
  TRANSPORT_NONCE_SUFFIX_BYTES,
  TRANSPORT_TAG_BYTES,
} from "@antiphon/protocol/voice";
import { LAST_NONCE, type PacketCipher } from "./packet-cipher.ts";

const mode = "aead_aes256_gcm_rtpsize";

/** `aead_aes256_gcm_rtpsize` by node:crypto, for servers that offer nothing else that we know. */
export function createGcmCipher(key: Uint8Array, usedNonces: number): PacketCipher {
  // A KeyObject, because Node 24 takes four times as long with a Buffer.
  const secret = createSecretKey(key);
  const nonce = Buffer.alloc(encryptionModes[mode].nonceBytes);
  const receivedNonce = Buffer.alloc(encryptionModes[mode].nonceBytes);
  let counter = usedNonces;
  return {
    mode,
    seal(packet, payload) {
      if (counter === LAST_NONCE) return 0;
      counter++;
      nonce.writeUInt32BE(counter);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce, { authTagLength: TRANSPORT_TAG_BYTES });
      cipher.setAAD(packet.subarray(0, RTP_HEADER_BYTES));
      packet.set(cipher.update(payload), RTP_HEADER_BYTES);
      cipher.final();
      const tagStart = RTP_HEADER_BYTES + payload.length;
      packet.set(cipher.getAuthTag(), tagStart);
      const nonceStart = tagStart + TRANSPORT_TAG_BYTES;
      packet.set(nonce.subarray(0, TRANSPORT_NONCE_SUFFIX_BYTES), nonceStart);
      return nonceStart + TRANSPORT_NONCE_SUFFIX_BYTES;
    },
    open(packet, clearBytes) {
      const layout = rtpsizeLayout(clearBytes, packet.length);
      if (layout === null) return null;
      receivedNonce.set(packet.subarray(layout.nonceStart));
      const decipher = createDecipheriv("aes-256-gcm", secret, receivedNonce, { authTagLength: TRANSPORT_TAG_BYTES });
      decipher.setAAD(packet.subarray(0, clearBytes));
      decipher.setAuthTag(packet.subarray(layout.tagStart, layout.nonceStart));
      const payload = decipher.update(packet.subarray(layout.ciphertextStart, layout.tagStart));
      try {
        decipher.final();
        return payload;
      } catch {
        // node:crypto reports a wrong tag by throwing; to the caller it is a value.
        return null;
      }
    },
    close() {},
  };
}
