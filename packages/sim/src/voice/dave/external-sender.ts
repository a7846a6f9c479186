import { generateKeyPairSync, sign } from "node:crypto";
import { mlsReference, mlsSignContent, pointOf } from "./mls-crypto.ts";
import { textVector, uint16, uint32, uint64, vector } from "./tls-codec.ts";

const BASIC_CREDENTIAL = 1;
const MLS_10 = uint16(1);
const WIRE_PUBLIC_MESSAGE = uint16(1);
const SENDER_EXTERNAL = 2;
const CONTENT_PROPOSAL = 2;
const PROPOSAL_ADD = uint16(1);
const PROPOSAL_REMOVE = uint16(3);

/** A proposal as it goes over the wire and as commits refer to it. */
export interface SignedProposal {
  /** The MLSMessage. */
  readonly message: Buffer;
  /** ProposalRef. */
  readonly reference: Buffer;
}

/** Discord's own voice in an MLS group: it proposes who comes and who goes, and no member commits anything else. */
export interface ExternalSender {
  /** The payload of op 25. */
  readonly description: Buffer;
  /** Proposes to add the owner of a key package. */
  proposeAdd(epoch: bigint, keyPackage: Buffer): SignedProposal;
  /** Proposes to remove the member on a leaf. */
  proposeRemove(epoch: bigint, leafIndex: number): SignedProposal;
}

/**
 * Builds an {@link ExternalSender} with a fresh key for the group of a channel.
 *
 * @see RFC 9420 sections 6, 12.1.8
 */
export function createExternalSender(channelId: string): ExternalSender {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const groupId = vector(uint64(BigInt(channelId)));

  const propose = (epoch: bigint, proposal: readonly Buffer[]): SignedProposal => {
    const content = Buffer.concat([
      groupId,
      uint64(epoch),
      Buffer.of(SENDER_EXTERNAL),
      uint32(0), // index in the group's external_senders
      vector(), // authenticated_data
      Buffer.of(CONTENT_PROPOSAL),
      ...proposal,
    ]);
    const signedBytes = mlsSignContent("FramedContentTBS", Buffer.concat([MLS_10, WIRE_PUBLIC_MESSAGE, content]));
    const authenticated = Buffer.concat([
      WIRE_PUBLIC_MESSAGE,
      content,
      vector(sign("sha256", signedBytes, privateKey)),
    ]);
    return {
      message: Buffer.concat([MLS_10, authenticated]),
      reference: mlsReference("MLS 1.0 Proposal Reference", authenticated),
    };
  };

  return {
    description: Buffer.concat([vector(pointOf(publicKey)), uint16(BASIC_CREDENTIAL), textVector("antiphon")]),
    proposeAdd: (epoch, keyPackage) => propose(epoch, [PROPOSAL_ADD, keyPackage]),
    proposeRemove: (epoch, leafIndex) => propose(epoch, [PROPOSAL_REMOVE, uint32(leafIndex)]),
  };
}
