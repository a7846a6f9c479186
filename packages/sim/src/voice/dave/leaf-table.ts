import type { LeafNode } from "./key-package.ts";

/** Who sits on which leaf of the group's tree; a delivery service needs no more of it than that. */
export interface LeafTable {
  /** The members, in the order of their leaves. */
  readonly userIds: readonly string[];
  /** The member on a leaf, if any. */
  at(index: number): LeafNode | undefined;
  /** The leaf of a user, or -1. */
  indexOf(userId: string): number;
  /** Removes first, then adds in the commit's order, each on the left-most blank leaf. @see RFC 9420 section 12.3 */
  apply(removedIndexes: readonly number[], added: readonly LeafNode[]): void;
  /** Forgets the group. */
  clear(): void;
}

/** Builds an empty {@link LeafTable}. */
export function createLeafTable(): LeafTable {
  let leaves: (LeafNode | null)[] = [];
  return {
    get userIds() {
      return leaves.flatMap((leaf) => (leaf === null ? [] : [leaf.userId]));
    },
    at: (index) => leaves[index] ?? undefined,
    indexOf: (userId) => leaves.findIndex((leaf) => leaf?.userId === userId),
    apply(removedIndexes, added) {
      for (const index of removedIndexes) leaves[index] = null;
      while (leaves.length > 0 && leaves.at(-1) === null) leaves.pop();
      for (const leaf of added) {
        const blank = leaves.indexOf(null);
        leaves[blank === -1 ? leaves.length : blank] = leaf;
      }
    },
    clear() {
      leaves = [];
    },
  };
}
