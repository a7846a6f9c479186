import type { ExternalSender, SignedProposal } from "./external-sender.ts";
import type { KeyPackage } from "./key-package.ts";

/** A proposal to add a user, or to remove the one on a leaf. */
export type Proposal = SignedProposal & { readonly userId: string } & (
    | { readonly kind: "add"; readonly keyPackage: KeyPackage }
    | { readonly kind: "remove"; readonly leafIndex: number }
  );

/** The proposals of this epoch that no commit has taken in yet. */
export interface ProposalLedger {
  /** In the order in which they were made. */
  readonly all: readonly Proposal[];
  /** Signs and notes an Add. */
  add(epoch: bigint, userId: string, keyPackage: KeyPackage): Proposal;
  /** Signs and notes a Remove. */
  remove(epoch: bigint, userId: string, leafIndex: number): Proposal;
  /** Whether a Remove of this user is in flight. */
  isRemoving(userId: string): boolean;
  /** Drops a user's Add and signs all the others anew. */
  renewWithoutAddOf(epoch: bigint, userId: string): Proposal[];
  /**
   * The proposals behind a commit's references, in its order; null unless they are exactly those in flight, of which its author knows
   * all but the ones about itself.
   */
  coveredBy(references: readonly Buffer[], authorId: string): Proposal[] | null;
  /** Forgets all of them. */
  clear(): void;
}

/** Builds an empty {@link ProposalLedger}. */
export function createProposalLedger(sender: ExternalSender): ProposalLedger {
  const inFlight = new Map<string, Proposal>();
  const put = (proposal: Proposal): Proposal => {
    inFlight.set(proposal.reference.toString("hex"), proposal);
    return proposal;
  };
  const ledger: ProposalLedger = {
    get all() {
      return [...inFlight.values()];
    },
    add: (epoch, userId, keyPackage) =>
      put({ kind: "add", userId, keyPackage, ...sender.proposeAdd(epoch, keyPackage.bytes) }),
    remove: (epoch, userId, leafIndex) =>
      put({ kind: "remove", userId, leafIndex, ...sender.proposeRemove(epoch, leafIndex) }),
    isRemoving: (userId) =>
      inFlight.values().some((proposal) => proposal.kind === "remove" && proposal.userId === userId),
    renewWithoutAddOf(epoch, userId) {
      const staying = ledger.all.filter((proposal) => proposal.kind !== "add" || proposal.userId !== userId);
      inFlight.clear();
      return staying.map((proposal) =>
        proposal.kind === "add"
          ? ledger.add(epoch, proposal.userId, proposal.keyPackage)
          : ledger.remove(epoch, proposal.userId, proposal.leafIndex),
      );
    },
    coveredBy(references, authorId) {
      const proposals = new Set<Proposal>();
      for (const reference of references) {
        const proposal = inFlight.get(reference.toString("hex"));
        if (proposal === undefined || proposal.userId === authorId || proposals.has(proposal)) return null;
        proposals.add(proposal);
      }
      const isComplete = inFlight.values().every((proposal) => proposals.has(proposal) || proposal.userId === authorId);
      return isComplete && proposals.size > 0 ? [...proposals] : null;
    },
    clear: () => inFlight.clear(),
  };
  return ledger;
}
