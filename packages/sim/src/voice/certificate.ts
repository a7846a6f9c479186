import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A key and a certificate for an HTTPS server, both PEM. */
export interface SelfSignedCertificate {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  ipAddress: 0x87,
  explicit0: 0xa0,
  explicit3: 0xa3,
} as const;

const OBJECT_ID = {
  commonName: "550403",
  subjectAlternativeName: "551d11",
  basicConstraints: "551d13",
  ecdsaWithSha256: "2a8648ce3d040302",
} as const;

const DAY_MS = 86_400_000;

/** One DER element: tag, length, content. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length =
    body.length < 0x100 ? Buffer.of(0x81, body.length) : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, body]);
}

const objectId = (hex: string) => der(TAG.objectId, Buffer.from(hex, "hex"));
const TRUE = der(TAG.boolean, Buffer.of(0xff));

function utcTime(timestampMs: number): Buffer {
  const digits = new Date(timestampMs).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return der(TAG.utcTime, Buffer.from(`${digits}Z`));
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return der(TAG.sequence, objectId(id), ...(isCritical ? [TRUE] : []), der(TAG.octetString, value));
}

/**
 * Makes a certificate for 127.0.0.1 and localhost that is its own authority: ECDSA on P-256, valid for a year from yesterday.
 *
 * Written out in DER because the libraries that do it need a global polyfill of `Reflect`.
 *
 * @see RFC 5280 section 4.1
 */
export function createSelfSignedCertificate(nowMs: number): SelfSignedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(TAG.sequence, objectId(OBJECT_ID.ecdsaWithSha256));
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f); // positive, and never with a leading zero byte
  // A name of its own, because of two authorities with one name a client that trusts both finds only the first.
  const commonName = der(
    TAG.sequence,
    objectId(OBJECT_ID.commonName),
    der(TAG.utf8String, Buffer.from(`antiphon sim ${serial.toString("hex", 0, 8)}`)),
  );
  const name = der(TAG.sequence, der(TAG.set, commonName));
  const names = der(
    TAG.sequence,
    der(TAG.ipAddress, Buffer.of(127, 0, 0, 1)),
    der(TAG.dnsName, Buffer.from("localhost")),
  );
  const body = der(
    TAG.sequence,
    der(TAG.explicit0, der(TAG.integer, Buffer.of(2))), // version 3
    der(TAG.integer, serial),
    algorithm,
    name,
    der(TAG.sequence, utcTime(nowMs - DAY_MS), utcTime(nowMs + 365 * DAY_MS)),
    name,
    publicKey.export({ format: "der", type: "spki" }),
    der(
      TAG.explicit3,
      der(
        TAG.sequence,
        extension(OBJECT_ID.basicConstraints, true, der(TAG.sequence, TRUE)),
        extension(OBJECT_ID.subjectAlternativeName, false, names),
      ),
    ),
  );
  const signature = der(TAG.bitString, Buffer.of(0), sign("sha256", body, privateKey));
  const base64 = der(TAG.sequence, body, algorithm, signature)
    .toString("base64")
    .replaceAll(/(.{64})(?=.)/g, "$1\n");
  return {
    privateKeyPem: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}
