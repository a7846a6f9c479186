import { VoiceOpcode, encodeMlsTransition } from "@antiphon/protocol/voice";
import type { Clock } from "@antiphon/std";
import { readCommitWelcome, welcomeFor, type CommitWelcome } from "./commit-welcome.ts";
import { createExternalSender } from "./external-sender.ts";
import { readKeyPackage, type KeyPackage } from "./key-package.ts";
import { createLeafTable } from "./leaf-table.ts";
import { createProposalLedger, type Proposal } from "./proposal-ledger.ts";
import { TlsDecodeError, uint64, vector } from "./tls-codec.ts";
import { createTransitionTable } from "./transition-table.ts";

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
  /** The version in force, or the one that everybody is being moved to. */
  readonly protocolVersion: 0 | 1;
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
  /** Moves everybody to another version: op 21 and 22 down to 0, op 24 and a new group up to 1. */
  setProtocolVersion(version: 0 | 1): void;
  /** Stops all timers. */
  close(): void;
}

interface Participant {
  /** The latest key package since it joined, or since the group was dissolved. */
  keyPackage: KeyPackage | null;
  /** Whether it has a local group, which must hear of every proposal until the real group is established. */
  hasLocalGroup: boolean;
  /** Whether op 25 was sent; clients keep it when they begin anew, and refuse a second one. */
  knowsSender: boolean;
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
  const leaves = createLeafTable();
  const inFlight = createProposalLedger(sender);
  const counts = { staleCommits: 0, refusedCommits: 0, invalidCommitWelcomes: 0 };
  let epoch = 0n;
  let protocolVersion: 0 | 1 = PROTOCOL_VERSION;
  /** The transition to version 0 that is under way. */
  let downgradeId: number | null = null;
  /** Whether the next first group follows a stretch in clear, so that all must change over at one moment. */
  let isUpgrade = false;

  const transitions = createTransitionTable({
    clock,
    timeoutMs: transitionTimeoutMs,
    onExecute(transitionId) {
      const message = { op: VoiceOpcode.DaveExecuteTransition, json: { transition_id: transitionId } };
      const userIds = transitionId === downgradeId ? [...participants.keys()] : leaves.userIds;
      for (const userId of userIds) if (participants.has(userId)) send(userId, message);
      if (transitionId === downgradeId) downgradeId = null;
    },
  });
  const isEstablished = () => epoch > 0n;
  /** Those who hold the group's state and so must hear of proposals; before there is a group, everybody has one of their own. */
  const committers = (): string[] =>
    isEstablished()
      ? leaves.userIds.filter((userId) => participants.has(userId) && !inFlight.isRemoving(userId))
      : [...participants].flatMap(([userId, { hasLocalGroup }]) => (hasLocalGroup ? [userId] : []));

  /** Sends op 27; nobody hears of proposals about themselves. */
  const tell = (kind: Buffer, toUserIds: readonly string[], proposals: readonly Proposal[]) => {
    for (const userId of toUserIds) {
      const others = proposals.filter((proposal) => proposal.userId !== userId);
      if (others.length === 0) continue;
      const items = others.map(({ message, reference }) => (kind === APPEND ? message : vector(reference)));
      send(userId, { op: VoiceOpcode.MlsProposals, payload: Buffer.concat([kind, vector(...items)]) });
    }
  };
  /** Forgets the group and everything that waits for it. */
  const dissolve = () => {
    transitions.cancel();
    inFlight.clear();
    leaves.clear();
    epoch = 0n;
    for (const participant of participants.values()) {
      participant.keyPackage = null;
      participant.hasLocalGroup = false;
    }
    onEpoch(0, []);
  };
  const downgrade = () => {
    dissolve();
    downgradeId = transitions.begin([...participants.keys()]);
    const json = { protocol_version: 0, transition_id: downgradeId };
    for (const userId of participants.keys()) send(userId, { op: VoiceOpcode.DavePrepareTransition, json });
  };
  const introduceSender = (userId: string, participant: Participant) => {
    if (participant.knowsSender) return;
    participant.knowsSender = true;
    send(userId, { op: VoiceOpcode.MlsExternalSender, payload: sender.description });
  };
  const upgrade = () => {
    isUpgrade = true;
    const json = { protocol_version: PROTOCOL_VERSION, epoch: 1 };
    for (const [userId, participant] of participants) {
      send(userId, { op: VoiceOpcode.DavePrepareEpoch, json });
      introduceSender(userId, participant);
    }
  };
  /** Nobody keeps a group alone, and a group whose members have all gone can take nobody in: those who are left begin anew. */
  const resetIfOrphaned = (goneUserId: string): boolean => {
    const others = committers().filter((userId) => userId !== goneUserId);
    if (!isEstablished() || (participants.size > 1 && others.length > 0)) return false;
    dissolve();
    for (const userId of participants.keys()) {
      const version = { protocol_version: PROTOCOL_VERSION };
      send(userId, { op: VoiceOpcode.DavePrepareEpoch, json: { ...version, epoch: 1 } });
      send(userId, { op: VoiceOpcode.DavePrepareTransition, json: { ...version, transition_id: 0 } });
    }
    return true;
  };
  /**
   * Takes a member out of everything that waits for it, and proposes to remove it from the group if it is in there.
   *
   * What is in flight is taken back and goes out again in one piece with new signatures, for two reasons. Without a proposal that was
   * revoked, an earlier commit would be complete again, but its author has made others since and holds only the secrets of the last.
   * And davey (0.1.12) makes a welcome only when the last op 27 brought an Add, not when an earlier one did.
   */
  const evict = (userId: string) => {
    transitions.forget(userId);
    if (resetIfOrphaned(userId)) return;
    const stale = inFlight.all;
    const leafIndex = inFlight.isRemoving(userId) ? -1 : leaves.indexOf(userId);
    if (leafIndex === -1 && !stale.some((proposal) => proposal.kind === "add" && proposal.userId === userId)) return;
    const proposals = inFlight.renewWithoutAddOf(epoch, userId);
    if (leafIndex !== -1) proposals.push(inFlight.remove(epoch, userId, leafIndex));
    tell(REVOKE, committers(), stale);
    tell(APPEND, committers(), proposals);
  };

  /** The proposals that a commit takes in, or null when it is not valid. @see [DAVE Protocol Whitepaper], "Commit Validity" */
  const proposalsOf = (userId: string, { references, leafIndex, leaf }: CommitWelcome): Proposal[] | null => {
    const own = isEstablished() ? leaves.at(leafIndex) : leafIndex === 0 ? participants.get(userId)?.keyPackage : null;
    if (own?.userId !== userId || inFlight.isRemoving(userId)) return null;
    if (leaf !== null && (leaf.userId !== userId || !leaf.signatureKey.equals(own.signatureKey))) return null;
    return inFlight.coveredBy(references, userId);
  };
  /** What each joiner is welcomed with, or null when somebody would be left out. */
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
  const applyToGroup = (committerId: string, proposals: readonly Proposal[]) => {
    const founder = isEstablished() ? null : participants.get(committerId)?.keyPackage;
    const removed = proposals.flatMap((proposal) => (proposal.kind === "remove" ? [proposal.leafIndex] : []));
    const added = proposals.flatMap((proposal) => (proposal.kind === "add" ? [proposal.keyPackage] : []));
    leaves.apply(removed, founder ? [founder, ...added] : added);
    inFlight.clear();
    epoch++;
  };
  const announce = (committerId: string, commit: Buffer, welcomes: ReadonlyMap<string, Buffer>) => {
    const isFirst = epoch === 1n;
    const takesEffectAtOnce = isFirst && !isUpgrade;
    isUpgrade = false;
    const transitionId = takesEffectAtOnce ? 0 : transitions.begin(leaves.userIds);
    const announcement = encodeMlsTransition({ transitionId, message: commit });
    // Before there is a group, a commit means nothing to anybody but its author.
    for (const userId of isFirst ? [committerId] : leaves.userIds) {
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
      return leaves.userIds;
    },
    counts,
    join(userId) {
      const participant: Participant = { keyPackage: null, hasLocalGroup: false, knowsSender: false };
      participants.set(userId, participant);
      if (protocolVersion > 0) introduceSender(userId, participant);
    },
    leave(userId) {
      if (participants.delete(userId)) evict(userId);
    },
    keyPackage(userId, bytes) {
      const participant = participants.get(userId);
      // One that was under way when the room gave encryption up.
      if (participant === undefined || protocolVersion === 0) return;
      const keyPackage = readKeyPackage(bytes);
      if (keyPackage.userId !== userId) {
        throw new TlsDecodeError(`user ${userId} sent a key package of user ${keyPackage.userId}`);
      }
      // A member that comes with a new key package has lost its state: it is removed and added again.
      evict(userId);
      const earlier = isEstablished() || participant.hasLocalGroup ? [] : inFlight.all;
      participant.keyPackage = keyPackage;
      participant.hasLocalGroup = true;
      tell(APPEND, committers(), [inFlight.add(epoch, userId, keyPackage)]);
      tell(APPEND, [userId], earlier);
    },
    commitWelcome(userId, bytes) {
      const message = readCommitWelcome(bytes);
      if (!message.groupId.equals(groupId) || message.epoch !== epoch) {
        counts.staleCommits++;
        return;
      }
      const proposals = proposalsOf(userId, message);
      const welcomes = proposals === null ? null : welcomesOf(proposals, message.welcome);
      if (proposals === null || welcomes === null) {
        counts.refusedCommits++;
        return;
      }
      applyToGroup(userId, proposals);
      announce(userId, message.commit, welcomes);
      onEpoch(Number(epoch), leaves.userIds);
    },
    get protocolVersion() {
      return protocolVersion;
    },
    setProtocolVersion(version) {
      if (version === protocolVersion) return;
      protocolVersion = version;
      if (version === 0) downgrade();
      else upgrade();
    },
    transitionReady: transitions.ready,
    invalidCommitWelcome(userId) {
      if (!participants.has(userId)) return;
      counts.invalidCommitWelcomes++;
      evict(userId);
    },
    close: transitions.cancel,
  };
}
