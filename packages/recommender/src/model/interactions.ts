import { Adjacency, transpose } from "./adjacency.ts";

/** Names and the small whole numbers that stand for them. */
export interface IdTable {
  readonly ids: readonly string[];
  /** The number of an id; undefined when it is not known. */
  indexOf(id: string): number | undefined;
  /** The number of an id, which is given one when it has none. */
  intern(id: string): number;
}

/** Builds an {@link IdTable} that starts with these ids. */
function createIdTable(initial: readonly string[] = []): IdTable {
  const ids = [...initial];
  const indexes = new Map(ids.map((id, index) => [id, index]));
  return {
    ids,
    indexOf: (id) => indexes.get(id),
    intern(id) {
      const known = indexes.get(id);
      if (known !== undefined) return known;
      indexes.set(id, ids.length);
      return ids.push(id) - 1;
    },
  };
}

/** Who heard what, both ways round. Each pair counts once; a listener's items stand in the order of their latest play. */
export interface Interactions {
  readonly users: IdTable;
  readonly items: IdTable;
  readonly itemsOf: Adjacency;
  readonly usersOf: Adjacency;
}

/** What one listener heard, oldest first. */
export interface ListenerHistory {
  readonly userId: string;
  readonly itemIds: readonly string[];
}

/** Gathers histories into {@link Interactions}; of an item that comes again the last time counts. */
export function gatherInteractions(histories: Iterable<ListenerHistory>): Interactions {
  const users = createIdTable();
  const items = createIdTable();
  const lists: number[][] = [];
  for (const { userId, itemIds } of histories) {
    const user = users.intern(userId);
    const earlier = lists[user] ?? [];
    const indexes = itemIds.map((id) => items.intern(id));
    const latestFirst = new Set([...earlier, ...indexes].toReversed());
    lists[user] = [...latestFirst].toReversed();
  }
  const lengths = Int32Array.from(lists, (list) => list.length);
  const pool = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let end = 0;
  for (const list of lists) {
    pool.set(list, end);
    end += list.length;
  }
  return interactionsOf(users.ids, items.ids, new Adjacency(lengths, pool));
}

/** {@link Interactions} over lists of item numbers, one for each user. */
export function interactionsOf(
  userIds: readonly string[],
  itemIds: readonly string[],
  itemsOf: Adjacency,
): Interactions {
  return {
    users: createIdTable(userIds),
    items: createIdTable(itemIds),
    itemsOf,
    usersOf: transpose(itemsOf, itemIds.length),
  };
}

/** Adds one play; false when this listener had the item, which then only becomes their latest. */
export function addInteraction({ users, items, itemsOf, usersOf }: Interactions, userId: string, itemId: string) {
  const user = users.intern(userId);
  const item = items.intern(itemId);
  if (user === itemsOf.nodeCount) itemsOf.addNode();
  if (item === usersOf.nodeCount) usersOf.addNode();
  const isNew = !itemsOf.list(user).includes(item);
  if (isNew) {
    itemsOf.append(user, item);
    usersOf.append(item, user);
  } else {
    itemsOf.moveToEnd(user, item);
  }
  return { user, item, isNew };
}
