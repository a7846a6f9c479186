import { VoiceOpcode, encodeMlsTransition } from "@antiphon/protocol/voice";
import type { Clock, Timer } from "@antiphon/std";
import { readCommitWelcome, welcomeFor, type CommitWelcome } from "./commit-welcome.ts";
import { createExternalSender, type SignedProposal } from "./external-sender.ts";
import { readKeyPackage, type KeyPackage } from "./key-package.ts";
import { TlsDecodeError, uint64, vector } from "./tls-codec.ts";

/** What a delivery service sends to one member: JSON for ops 21, 22 and 24, bytes for the rest. */
export type DaveMessage =
  | { readonly op: number; readonly json: Readonly<Record<string, number>> }
  | { readonly op: number; readonly payload: Uint8Array };

/** Options of {@link createDeliveryService}. */
export interface DeliveryServiceOptions {
  /** The channel, whose id is the MLS group's id. */
  readonly channelId: string;
  readonly clock: Clock;
  /** How long a transition waits for op 23 of everybody. */
  readonly transitionTimeoutMs: number;
  /** Delivers a message to a member that has joined. */
  readonly send: (userId: string, message: DaveMessage) => void;
  /** Told whenever the group moves to a new epoch; 0 after a reset. */
  readonly onEpoch: (epoch: number, userIds: readonly string[]) => void;
}

/** What a delivery service has refused so far. */
export interface DeliveryServiceCounts {
  /** Commits for a past epoch, or that lost the race for this one. */
  readonly staleCommits: number;
  /** Commits that do not cover exactly the proposals in flight. */
  readonly refusedCommits: number;
  /** Times a member could not process what it was sent (op 31). */
  readonly invalidCommitWelcomes: number;
}

/** The voice server's side of a DAVE version 1 group. Methods that take bytes from a client throw TlsDecodeError for nonsense. */
export interface DeliveryService {
  /** The epoch of the established group, or 0. */
  readonly epoch: number;
  /** The group's members, in the order of their leaves. */
  readonly userIds: readonly string[];
  readonly counts: DeliveryServiceCounts;
  /** A member is there: op 25 goes out. */
  join(userId: string): void;
  /** A member is gone for good. */
  leave(userId: string): void;
  /** Op 26. */
  keyPackage(userId: string, bytes: Buffer): void;
  /** Op 28. */
  commitWelcome(userId: string, bytes: Buffer): void;
  /** Op 23. */
  transitionReady(userId: string, transitionId: number): void;
  /** Op 31. */
  invalidCommitWelcome(userId: string): void;
  /** Stops all timers. */
  close(): void;
}

interface Add extends SignedProposal {
  readonly kind: "add";
  readonly userId: string;
  readonly keyPackage: KeyPackage;
}

interface Remove extends SignedProposal {
  readonly kind: "remove";
  readonly userId: string;
  readonly leafIndex: number;
}

type Proposal = Add | Remove;

interface Participant {
  /** The latest key package while it waits to be added. */
  keyPackage: KeyPackage | null;
  /** Whether it has a local group, which must hear of every proposal until the real group is established. */
  hasLocalGroup: boolean;
}

interface Leaf {
  readonly userId: string;
  readonly signatureKey: Buffer;
}

const PROTOCOL_VERSION = 1;
const APPEND = Buffer.of(0);
const REVOKE = Buffer.of(1);

/**
 * Builds the {@link DeliveryService} of a channel. It runs no MLS itself: it signs proposals as the group's external sender, lets
 * the first commit that covers all of them win, and keeps track of who sits on which leaf.
 *
 * @see [DAVE Protocol Whitepaper], "Group Key Exchange"
 */
export function createDeliveryService(options: DeliveryServiceOptions): DeliveryService {
  const { channelId, clock, transitionTimeoutMs, send, onEpoch } = options;
  const sender = createExternalSender(channelId);
  const groupId = uint64(BigInt(channelId));
  /** Everybody who has joined. */
  const participants = new Map<string, Participant>();
  /** Proposals of this epoch that no commit has taken in yet, by reference in hex. */
  const inFlight = new Map<string, Proposal>();
  const transitions = new Map<number, { readonly waiting: Set<string>; readonly timer: Timer }>();
  const counts = { staleCommits: 0, refusedCommits: 0, invalidCommitWelcomes: 0 };
  let leaves: (Leaf | null)[] = [];
  let epoch = 0n;
  let lastTransitionId = 0;

  const isEstablished = () => epoch > 0n;
  const leafIndexOf = (userId: string) => leaves.findIndex((leaf) => leaf?.userId === userId);
  const isBeingRemoved = (userId: string) =>
    inFlight.values().some((proposal) => proposal.kind === "remove" && proposal.userId === userId);
  const memberIds = () => leaves.flatMap((leaf) => (leaf === null ? [] : [leaf.userId]));
  /** Those who hold the group's state and so must hear of proposals; before there is a group, everybody has one of their own. */
  const committers = (): string[] =>
    isEstablished()
      ? memberIds().filter((userId) => participants.has(userId) && !isBeingRemoved(userId))
      : [...participants].flatMap(([userId, { hasLocalGroup }]) => (hasLocalGroup ? [userId] : []));

  /** Sends op 27 to those who hold state; nobody hears of proposals about themselves. */
  const tell = (kind: Buffer, toUserIds: readonly string[], proposals: readonly Proposal[], encode: (proposal: Proposal) => Buffer) => {
    for (const userId of toUserIds) {
      const others = proposals.filter((proposal) => proposal.userId !== userId);
      if (others.length === 0) continue;
      send(userId, { op: VoiceOpcode.MlsProposals, payload: Buffer.concat([kind, vector(...others.map(encode))]) });
    }
  };
  const append = (toUserIds: readonly string[], proposals: readonly Proposal[]) =>
    tell(APPEND, toUserIds, proposals, ({ message }) => message);
  const put = (proposal: Proposal): Proposal => {
    inFlight.set(proposal.reference.toString("hex"), proposal);
    return proposal;
  };
  const proposeAdd = (userId: string, keyPackage: KeyPackage): Proposal =>
    put({ kind: "add", userId, keyPackage, ...sender.proposeAdd(epoch, keyPackage.bytes) });
  const proposeRemove = (userId: string, leafIndex: number): Proposal =>
    put({ kind: "remove", userId, leafIndex, ...sender.proposeRemove(epoch, leafIndex) });
  const cancelTransitions = () => {
    for (const { timer } of transitions.values()) timer.cancel();
    transitions.clear();
  };
  const execute = (transitionId: number) => {
    transitions.get(transitionId)?.timer.cancel();
    if (!transitions.delete(transitionId)) return;
    for (const userId of memberIds()) {
      if (participants.has(userId)) send(userId, { op: VoiceOpcode.DaveExecuteTransition, json: { transition_id: transitionId } });
    }
  };
  const beginTransition = (transitionId: number) => {
    if (transitionId === 0) return;
    const timer = clock.setTimer(transitionTimeoutMs, () => execute(transitionId));
    transitions.set(transitionId, { waiting: new Set(memberIds()), timer });
  };
  const noLongerWaitFor = (userId: string, transitionId: number) => {
    const transition = transitions.get(transitionId);
    transition?.waiting.delete(userId);
    if (transition?.waiting.size === 0) execute(transitionId);
  };

  /** Nobody keeps a group alone, and a group whose members have all gone can take nobody in: those who are left begin anew. */
  const resetIfOrphaned = (goneUserId: string): boolean => {
    const others = committers().filter((userId) => userId !== goneUserId);
    if (!isEstablished() || (participants.size > 1 && others.length > 0)) return false;
    cancelTransitions();
    inFlight.clear();
    leaves = [];
    epoch = 0n;
    for (const [userId, participant] of participants) {
      participant.keyPackage = null;
      participant.hasLocalGroup = false;
      const version = { protocol_version: PROTOCOL_VERSION };
      send(userId, { op: VoiceOpcode.DavePrepareEpoch, json: { ...version, epoch: 1 } });
      send(userId, { op: VoiceOpcode.DavePrepareTransition, json: { ...version, transition_id: 0 } });
    }
    onEpoch(0, []);
    return true;
  };
  const proposeAgain = (proposal: Proposal): Proposal =>
    proposal.kind === "add"
      ? proposeAdd(proposal.userId, proposal.keyPackage)
      : proposeRemove(proposal.userId, proposal.leafIndex);
  /**
   * Takes a member out of everything that waits for it, and proposes to remove it from the group if it is in there.
   *
   * What is in flight is taken back and goes out again in one piece with new signatures, for two reasons. Without a proposal that was
   * revoked, an earlier commit would be complete again, but its author has made others since and holds only the secrets of the last.
   * And davey (0.1.12) makes a welcome only when the last op 27 brought an Add, not when an earlier one did.
   */
  const evict = (userId: string) => {
    for (const transitionId of transitions.keys()) noLongerWaitFor(userId, transitionId);
    if (resetIfOrphaned(userId)) return;
    const stale = [...inFlight.values()];
    const staying = stale.filter((proposal) => proposal.kind !== "add" || proposal.userId !== userId);
    const leafIndex = isBeingRemoved(userId) ? -1 : leafIndexOf(userId);
    if (leafIndex === -1 && staying.length === stale.length) return;
    inFlight.clear();
    const proposals = staying.map(proposeAgain);
    if (leafIndex !== -1) proposals.push(proposeRemove(userId, leafIndex));
    // The member itself has begun anew, or is gone.
    const others = committers().filter((other) => other !== userId);
    tell(REVOKE, others, stale, ({ reference }) => vector(reference));
    append(others, proposals);
  };

  /** The proposals that a commit must take in, or null when it is not this member's turn. */
  const proposalsOf = (userId: string, { references }: CommitWelcome): Proposal[] | null => {
    const required = inFlight.values().filter((proposal) => proposal.userId !== userId);
    const keys = new Set(references.map((reference) => reference.toString("hex")));
    if (keys.size === 0 || keys.size !== references.length || !required.every(({ reference }) => keys.has(reference.toString("hex")))) {
      return null;
    }
    const proposals: Proposal[] = [];
    for (const key of keys) {
      const proposal = inFlight.get(key);
      if (proposal === undefined || proposal.userId === userId) return null;
      proposals.push(proposal);
    }
    return proposals;
  };
  const isFromLeafOf = (userId: string, { leafIndex, leaf }: CommitWelcome): boolean => {
    const own = isEstablished() ? leaves[leafIndex] : leafIndex === 0 ? participants.get(userId)?.keyPackage : null;
    if (own?.userId !== userId) return false;
    return leaf === null || (leaf.userId === userId && leaf.signatureKey.equals(own.signatureKey));
  };
  const welcomesOf = (proposals: readonly Proposal[], welcome: Buffer | null): Map<string, Buffer> | null => {
    const welcomes = new Map<string, Buffer>();
    for (const proposal of proposals) {
      if (proposal.kind !== "add") continue;
      const own = welcome === null ? null : welcomeFor(welcome, proposal.keyPackage.reference);
      if (own === null) return null;
      welcomes.set(proposal.userId, own);
    }
    return welcomes;
  };
  /** Removes first, then adds in the commit's order, each on the left-most blank. @see RFC 9420 section 12.3 */
  const applyToTree = (proposals: readonly Proposal[]) => {
    for (const proposal of proposals) if (proposal.kind === "remove") leaves[proposal.leafIndex] = null;
    while (leaves.length > 0 && leaves.at(-1) === null) leaves.pop();
    for (const proposal of proposals) {
      if (proposal.kind !== "add") continue;
      const blank = leaves.indexOf(null);
      leaves[blank === -1 ? leaves.length : blank] = proposal.keyPackage;
      const participant = participants.get(proposal.userId);
      if (participant !== undefined) participant.keyPackage = null;
    }
  };
  const announce = (commit: Buffer, welcomes: ReadonlyMap<string, Buffer>, toUserIds: readonly string[]) => {
    const transitionId = epoch === 1n ? 0 : (lastTransitionId = (lastTransitionId % 0xffff) + 1);
    const announcement = encodeMlsTransition({ transitionId, message: commit });
    beginTransition(transitionId);
    for (const userId of toUserIds) {
      if (!welcomes.has(userId)) send(userId, { op: VoiceOpcode.MlsAnnounceCommitTransition, payload: announcement });
    }
    for (const [userId, message] of welcomes) {
      send(userId, { op: VoiceOpcode.MlsWelcome, payload: encodeMlsTransition({ transitionId, message }) });
    }
  };

  return {
    get epoch() {
      return Number(epoch);
    },
    get userIds() {
      return memberIds();
    },
    counts,
    join(userId) {
      participants.set(userId, { keyPackage: null, hasLocalGroup: false });
      send(userId, { op: VoiceOpcode.MlsExternalSender, payload: sender.description });
    },
    leave(userId) {
      if (participants.delete(userId)) evict(userId);
    },
    keyPackage(userId, bytes) {
      const participant = participants.get(userId);
      if (participant === undefined) return;
      const keyPackage = readKeyPackage(bytes);
      if (keyPackage.userId !== userId) {
        throw new TlsDecodeError(`user ${userId} sent a key package of user ${keyPackage.userId}`);
      }
      // A member that comes with a new key package has lost its state: it is removed and added again.
      evict(userId);
      const earlier = isEstablished() || participant.hasLocalGroup ? [] : [...inFlight.values()];
      participant.keyPackage = keyPackage;
      participant.hasLocalGroup = true;
      append(committers(), [proposeAdd(userId, keyPackage)]);
      append([userId], earlier);
    },
    commitWelcome(userId, bytes) {
      const message = readCommitWelcome(bytes);
      if (!message.groupId.equals(groupId) || message.epoch !== epoch) {
        counts.staleCommits++;
        return;
      }
      const proposals = isFromLeafOf(userId, message) ? proposalsOf(userId, message) : null;
      const welcomes = proposals === null ? null : welcomesOf(proposals, message.welcome);
      if (proposals === null || welcomes === null || isBeingRemoved(userId)) {
        counts.refusedCommits++;
        return;
      }
      if (!isEstablished()) leaves = [participants.get(userId)?.keyPackage ?? null];
      inFlight.clear();
      applyToTree(proposals);
      epoch++;
      announce(message.commit, welcomes, epoch === 1n ? [userId] : memberIds());
      onEpoch(Number(epoch), memberIds());
    },
    transitionReady: noLongerWaitFor,
    invalidCommitWelcome(userId) {
      if (!participants.has(userId)) return;
      counts.invalidCommitWelcomes++;
      evict(userId);
    },
    close: cancelTransitions,
  };
}
