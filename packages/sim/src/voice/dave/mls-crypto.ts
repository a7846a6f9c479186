import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { textVector, vector } from "./tls-codec.ts";

/** RefHash of RFC 9420 section 5.2. */
export function mlsReference(label: string, value: Uint8Array): Buffer {
  return createHash("sha256").update(textVector(label)).update(vector(value)).digest();
}

/** SignContent of RFC 9420 section 5.1.2, the bytes that a labelled signature covers. */
export function mlsSignContent(label: string, content: Uint8Array): Buffer {
  return Buffer.concat([textVector(`MLS 1.0 ${label}`), vector(content)]);
}

/** Makes a key of an uncompressed P-256 point: 0x04, X, Y. Throws when it is none. */
export function publicKeyFromPoint(point: Buffer): KeyObject {
  const coordinate = (from: number) => point.subarray(from, from + 32).toString("base64url");
  return createPublicKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: coordinate(1), y: coordinate(33) },
  });
}

/** The uncompressed point of a P-256 key: 0x04, X, Y. */
export function pointOf(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: "jwk" }) as { x: string; y: string };
  return Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
}
