import { expect, test } from "vitest";
import { chooseEncryptionMode, rtpsizeLayout } from "./rtpsize.ts";

test("prefers XChaCha20 wherever it stands in the offer, then AES-GCM, and knows no removed mode", () => {
  const xchacha = "aead_xchacha20_poly1305_rtpsize";
  const gcm = "aead_aes256_gcm_rtpsize";
  expect(chooseEncryptionMode([gcm, "xsalsa20_poly1305_lite", xchacha])).toBe(xchacha);
  expect(chooseEncryptionMode([gcm])).toBe(gcm);
  expect(chooseEncryptionMode(["xsalsa20_poly1305", "aead_aes256_gcm"])).toBeNull();
});

test("finds ciphertext, tag and nonce, down to an empty payload", () => {
  expect(rtpsizeLayout(12, 12 + 160 + 16 + 4)).toEqual({ ciphertextStart: 12, tagStart: 172, nonceStart: 188 });
  expect(rtpsizeLayout(16, 36)).toEqual({ ciphertextStart: 16, tagStart: 16, nonceStart: 32 });
  expect(rtpsizeLayout(16, 35)).toBeNull();
});
