import { createPublicKey, verify, type KeyObject } from "node:crypto";
import type { Clock } from "@antiphon/std";
import { CoreError } from "../core-error.ts";

/** What proves that a request comes from Discord. */
export interface SignedRequest {
  /** `X-Signature-Ed25519`: 128 hexadecimal digits. */
  readonly signature: string | undefined;
  /** `X-Signature-Timestamp`: seconds since the Unix epoch. */
  readonly timestamp: string | undefined;
  readonly body: Uint8Array;
}

/** Options of {@link createSignatureVerifier}. */
export interface SignatureVerifierOptions {
  /** The application's public key: 64 hexadecimal digits. */
  readonly publicKey: string;
  /** How far the timestamp may be from the clock, in milliseconds. */
  readonly timestampToleranceMs: number;
  readonly clock: Clock;
}

function readPublicKey(publicKey: string): KeyObject {
  if (!/^[\da-f]{64}$/i.test(publicKey)) {
    throw new CoreError(
      "CORE_PUBLIC_KEY_INVALID",
      `"${publicKey}" is no public key: copy the 64 hexadecimal digits from the General Information page of the developer portal.`,
    );
  }
  const x = Buffer.from(publicKey, "hex").toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

/**
 * Builds the check of Discord's Ed25519 signatures; the key is imported once.
 *
 * @throws {@link CoreError} `CORE_PUBLIC_KEY_INVALID`
 * @see [Discord Docs/Interactions Overview/Validating Security Request Headers]
 */
export function createSignatureVerifier(options: SignatureVerifierOptions): (request: SignedRequest) => boolean {
  const { timestampToleranceMs, clock } = options;
  const key = readPublicKey(options.publicKey);
  return ({ signature, timestamp, body }) => {
    if (signature === undefined || !/^[\da-f]{128}$/i.test(signature)) return false;
    if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
    if (Math.abs(clock.now() - Number(timestamp) * 1000) > timestampToleranceMs) return false;
    const signed = Buffer.concat([Buffer.from(timestamp, "latin1"), body]);
    return verify(null, signed, key, Buffer.from(signature, "hex"));
  };
}
