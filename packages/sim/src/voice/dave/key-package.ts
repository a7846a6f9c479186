import { verify, type KeyObject } from "node:crypto";
import { mlsReference, mlsSignContent, publicKeyFromPoint } from "./mls-crypto.ts";
import { TlsDecodeError, createTlsReader, type TlsReader } from "./tls-codec.ts";

/** What the delivery service keeps of a member's key package. */
export interface KeyPackage {
  /** The package as it came; it goes into the Add proposal unchanged. */
  readonly bytes: Buffer;
  /** The user in the leaf's basic credential. */
  readonly userId: string;
  /** The leaf's signature key, an uncompressed P-256 point. */
  readonly signatureKey: Buffer;
  /** KeyPackageRef, by which a Welcome addresses its reader. */
  readonly reference: Buffer;
}

/** What a commit's leaf and a key package's leaf have in common. */
export interface LeafNode {
  readonly userId: string;
  readonly signatureKey: Buffer;
}

const MLS_10 = 1;
/** DHKEMP256_AES128GCM_SHA256_P256, the only suite of DAVE version 1. */
const CIPHER_SUITE = 2;
const BASIC_CREDENTIAL = 1;
const LEAF_SOURCE = { keyPackage: 1, update: 2, commit: 3 } as const;
const LIFETIME_END = 0xffff_ffff_ffff_ffffn;

/** Reads a LeafNode of RFC 9420 section 7.2 to its end. */
export function readLeafNode(reader: TlsReader): LeafNode {
  reader.vector(); // encryption_key
  const signatureKey = reader.vector();
  if (reader.uint16() !== BASIC_CREDENTIAL) throw new TlsDecodeError("the leaf's credential is not a basic one");
  const identity = reader.vector();
  if (identity.length !== 8) throw new TlsDecodeError(`the leaf's identity has ${identity.length} bytes, not 8`);
  for (let list = 0; list < 5; list++) reader.vector(); // capabilities
  const source = reader.uint8();
  if (source === LEAF_SOURCE.keyPackage) {
    // DAVE wants the widest lifetime, because members do not check it.
    const begin = reader.uint64();
    const end = reader.uint64();
    if (begin !== 0n || end !== LIFETIME_END) throw new TlsDecodeError(`the leaf's lifetime is ${begin} to ${end}`);
  } else if (source === LEAF_SOURCE.commit) {
    reader.vector(); // parent_hash
  } else if (source !== LEAF_SOURCE.update) {
    throw new TlsDecodeError(`leaf source ${source} is unknown`);
  }
  reader.vector(); // extensions
  reader.vector(); // signature
  return { userId: identity.readBigUInt64BE().toString(), signatureKey };
}

/**
 * Reads and verifies the payload of op 26. The whitepaper calls it an MLSMessage; real clients send the bare KeyPackage.
 *
 * @throws TlsDecodeError when it is malformed or its signature is wrong.
 * @see RFC 9420 section 10
 */
export function readKeyPackage(bytes: Buffer): KeyPackage {
  const reader = createTlsReader(bytes);
  const version = reader.uint16();
  const suite = reader.uint16();
  if (version !== MLS_10 || suite !== CIPHER_SUITE) {
    throw new TlsDecodeError(`key package of MLS version ${version}, suite ${suite}; DAVE takes version 1, suite 2`);
  }
  reader.vector(); // init_key
  const leaf = readLeafNode(reader);
  reader.vector(); // extensions
  const signedBytes = bytes.subarray(0, reader.offset);
  const signature = reader.vector();
  if (reader.remaining !== 0) throw new TlsDecodeError(`${reader.remaining} bytes follow the key package`);
  let key: KeyObject;
  try {
    key = publicKeyFromPoint(leaf.signatureKey);
  } catch (error) {
    throw new TlsDecodeError("the leaf's signature key is not a point of P-256", { cause: error });
  }
  if (!verify("sha256", mlsSignContent("KeyPackageTBS", signedBytes), key, signature)) {
    throw new TlsDecodeError("the key package's signature does not fit its key");
  }
  return { ...leaf, bytes, reference: mlsReference("MLS 1.0 KeyPackage Reference", bytes) };
}
