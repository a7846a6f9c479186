import { readLeafNode, type LeafNode } from "./key-package.ts";
import { TlsDecodeError, createTlsReader, uint16, vector, type TlsReader } from "./tls-codec.ts";

/** The payload of op 28, read as far as a delivery service must: the path secrets stay opaque. */
export interface CommitWelcome {
  /** The MLSMessage of the commit, to be announced unchanged. */
  readonly commit: Buffer;
  /** The bare Welcome for all joiners; null when nobody joins. */
  readonly welcome: Buffer | null;
  /** The group id: the channel's id as eight bytes. */
  readonly groupId: Buffer;
  /** The epoch that the commit ends. */
  readonly epoch: bigint;
  /** The leaf of the committer. */
  readonly leafIndex: number;
  /** The ProposalRefs in the commit's order. */
  readonly references: readonly Buffer[];
  /** The committer's new leaf, when the commit has a path. */
  readonly leaf: LeafNode | null;
}

const SENDER_MEMBER = 1;
const CONTENT_COMMIT = 3;
const PROPOSAL_BY_REFERENCE = 2;

function readReferences(list: Buffer): Buffer[] {
  const reader = createTlsReader(list);
  const references: Buffer[] = [];
  while (reader.remaining > 0) {
    if (reader.uint8() !== PROPOSAL_BY_REFERENCE) throw new TlsDecodeError("the commit carries a proposal by value");
    references.push(reader.vector());
  }
  return references;
}

function readUpdatePath(reader: TlsReader): LeafNode | null {
  if (reader.uint8() === 0) return null;
  const leaf = readLeafNode(reader);
  reader.vector(); // nodes
  return leaf;
}

function expectUint(what: string, value: number, expected: number): void {
  if (value !== expected) throw new TlsDecodeError(`the commit's ${what} is ${value}, not ${expected}`);
}

/**
 * Reads the payload of op 28: an MLSMessage with a commit in a PublicMessage, then perhaps a bare Welcome.
 *
 * @throws TlsDecodeError when it is malformed.
 * @see RFC 9420 sections 6, 12.4
 */
export function readCommitWelcome(bytes: Buffer): CommitWelcome {
  const reader = createTlsReader(bytes);
  expectUint("MLS version", reader.uint16(), 1);
  expectUint("wire format", reader.uint16(), 1);
  const groupId = reader.vector();
  const epoch = reader.uint64();
  expectUint("sender type", reader.uint8(), SENDER_MEMBER);
  const leafIndex = reader.uint32();
  reader.vector(); // authenticated_data
  expectUint("content type", reader.uint8(), CONTENT_COMMIT);
  const references = readReferences(reader.vector());
  const leaf = readUpdatePath(reader);
  reader.vector(); // signature
  reader.vector(); // confirmation_tag
  reader.vector(); // membership_tag
  const commit = bytes.subarray(0, reader.offset);
  const welcome = reader.remaining === 0 ? null : bytes.subarray(reader.offset);
  return { commit, welcome, groupId, epoch, leafIndex, references, leaf };
}

/**
 * Cuts a Welcome down to the secrets of one joiner; null when it has none for that key package.
 *
 * @throws TlsDecodeError when it is malformed.
 * @see RFC 9420 section 12.4.3.1
 */
export function welcomeFor(welcome: Buffer, keyPackageReference: Buffer): Buffer | null {
  const reader = createTlsReader(welcome);
  const suite = reader.uint16();
  const secrets = reader.vector();
  const groupInfo = reader.vector();
  const secretsReader = createTlsReader(secrets);
  while (secretsReader.remaining > 0) {
    const from = secretsReader.offset;
    const reference = secretsReader.vector();
    secretsReader.vector(); // kem_output
    secretsReader.vector(); // ciphertext
    if (!reference.equals(keyPackageReference)) continue;
    return Buffer.concat([uint16(suite), vector(secrets.subarray(from, secretsReader.offset)), vector(groupInfo)]);
  }
  return null;
}
