import { describeError, type Clock, type Logger, type Random } from "@antiphon/std";
import type { BusSubscription } from "../bus/bus-message.ts";
import type { KeyValueStore } from "../bus/key-value.ts";
import { acquireLease, decodeLeaseRecord, encodeLeaseRecord, type Lease, type LeaseRecord } from "./lease.ts";

/** What runs while a lease is held. */
export interface Served {
  /** Ends it; afterwards the lease is given back, if it is still held. */
  stop(): Promise<void>;
}

/** Options of {@link openOwnership}. */
export interface OwnershipOptions {
  readonly table: KeyValueStore;
  /** A name that no other member has, nor an earlier life of this one. */
  readonly member: string;
  /** What is shared out: each key belongs to one member at a time. */
  readonly keys: readonly string[];
  readonly leaseMs: number;
  /** Called with each lease when it is taken; `giveUp` stops what it started and gives the lease back, as does its own failure. */
  readonly serve: (lease: Lease, giveUp: () => void) => Promise<Served>;
  /** Told of each key that was taken, and from whom, if its owner did not give it back. */
  readonly onAcquired: (key: string, from: string | null) => void;
  /** Told of each key that is no longer ours. */
  readonly onEnded: (key: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The keys of one member. */
export interface Ownership {
  readonly owned: readonly string[];
  /** How many members are alive, this one included, as far as is known. */
  readonly members: number;
  /** What was last seen of a key, whoever owns it. */
  recordOf(key: string): LeaseRecord | undefined;
  /** Stops what is served, gives the leases back; idempotent. */
  close(): Promise<void>;
}

interface Holding {
  readonly lease: Lease;
  readonly service: Promise<Served | undefined>;
  stopping?: Promise<void>;
}

interface Seen {
  readonly record: LeaseRecord;
  readonly revision: number;
  readonly sinceMs: number;
}

const MEMBER_PREFIX = "member.";
const FORGOTTEN_AFTER_LEASES = 20;
const STOP_LIMIT_LEASES = 2;

/** How many of the keys a member shall have; all come to the same answer, and the answers add up. */
function fairShare(member: string, others: readonly string[], keyCount: number): number {
  const count = others.length + 1;
  const rank = others.filter((other) => other < member).length;
  return Math.floor(keyCount / count) + (rank < keyCount % count ? 1 : 0);
}

/**
 * Shares keys out among the members that are alive: each takes its fair part, and what a dead one held goes to the others once its
 * leases have run out. Whether a lease has run out is told by one's own monotonic clock, from when its last change was seen; so
 * clocks that differ do no harm. Each change is a compare-and-set, so a key never has two owners who both may write.
 */
export async function openOwnership(options: OwnershipOptions): Promise<Ownership> {
  const { table, member, keys, leaseMs, serve, clock, random, logger } = options;
  const seen = new Map<string, Seen>();
  const held = new Map<string, Holding>();
  const ending = new AbortController();
  const watcher: BusSubscription = await table.watch(({ key, value, revision }) => {
    if (value === null) seen.delete(key);
    else if (revision > (seen.get(key)?.revision ?? 0))
      seen.set(key, { record: decodeLeaseRecord(value), revision, sinceMs: clock.monotonicMs() });
  });
  /** When the table last took a write of ours. */
  let tookMs = clock.monotonicMs();

  /**
   * What is not renewed while the table takes no writes, as when it elects a leader, is no old lease: its owner could not. So what
   * looks old counts only while the table takes our own writes, and after an outage time is counted anew. That goes for a process which
   * stood still, too: it has seen no changes.
   */
  const tookWrite = (): void => {
    const nowMs = clock.monotonicMs();
    if (nowMs - tookMs > leaseMs) for (const [key, entry] of seen) seen.set(key, { ...entry, sinceMs: nowMs });
    tookMs = nowMs;
  };
  const isUnchanged = (key: string): boolean => {
    const entry = seen.get(key);
    const nowMs = clock.monotonicMs();
    return entry !== undefined && nowMs - tookMs <= leaseMs / 2 && nowMs - entry.sinceMs >= leaseMs;
  };
  const isFree = (key: string): boolean => {
    const owner = seen.get(key)?.record.owner ?? null;
    return owner === null || isUnchanged(key);
  };
  const aliveMembers = () =>
    [...seen.keys()].filter((key) => key.startsWith(MEMBER_PREFIX) && key !== MEMBER_PREFIX + member && !isFree(key));

  /** What does not come to an end, because the bus is away perhaps, must not keep its key from everybody for ever. */
  const stopInTime = async (key: string, { service }: Holding): Promise<void> => {
    const late = Promise.withResolvers<never>();
    using _timer = clock.setTimer(STOP_LIMIT_LEASES * leaseMs, () => late.reject(new Error("it takes too long")));
    const stopping = service.then((served) => served?.stop());
    stopping.catch(() => {});
    try {
      await Promise.race([stopping, late.promise]);
    } catch (error) {
      logger.warn("What a lease served did not stop.", { key, error: describeError(error) });
    }
  };

  const end = (key: string): Promise<void> => {
    const holding = held.get(key);
    if (holding === undefined) return Promise.resolve();
    holding.stopping ??= (async () => {
      await stopInTime(key, holding);
      await holding.lease
        .release()
        .catch((error: unknown) => logger.warn("A lease was not given back.", { key, error }));
      held.delete(key);
      options.onEnded(key);
    })();
    return holding.stopping;
  };

  /** Somebody was faster, or the watcher is behind: reads for itself what the key holds. */
  const look = async (key: string): Promise<void> => {
    const entry = await table.get(key);
    if (entry === undefined || entry.revision <= (seen.get(key)?.revision ?? 0)) return;
    const { value, revision } = entry;
    seen.set(key, { record: decodeLeaseRecord(value), revision, sinceMs: clock.monotonicMs() });
  };

  const take = async (key: string): Promise<void> => {
    const known = seen.get(key);
    const lease = await acquireLease({ table, key, owner: member, leaseMs, known, clock, random, logger });
    if (lease === undefined) return look(key);
    const service = serve(lease, () => void end(key)).catch((error: unknown) => {
      logger.warn("What a lease should serve did not start.", { key, error: describeError(error) });
      queueMicrotask(() => void end(key));
      return undefined;
    });
    held.set(key, { lease, service });
    lease.ended.addEventListener("abort", () => void end(key), { once: true });
    options.onAcquired(key, known?.record.owner ?? null);
  };

  const shuffled = (items: readonly string[]) =>
    items
      .map((item) => [random.next(), item] as const)
      .sort(([left], [right]) => left - right)
      .map(([, item]) => item);

  const balance = async (): Promise<void> => {
    const share = fairShare(MEMBER_PREFIX + member, aliveMembers(), keys.length);
    const mine = [...held.keys()].filter((key) => held.get(key)?.stopping === undefined);
    for (const key of shuffled(mine).slice(0, Math.max(0, mine.length - share))) void end(key);
    const free = shuffled(keys.filter((key) => !held.has(key) && isFree(key)));
    // What nobody has taken for the time of a lease is taken by whoever sees it first, beyond the fair share too; it is shared
    // out again when it runs.
    const abandoned = free.filter(isUnchanged);
    const wanted = new Set([...abandoned, ...free.slice(0, Math.max(0, share - mine.length))]);
    const taken = await Promise.allSettled([...wanted].map(take));
    for (const result of taken)
      if (result.status === "rejected")
        logger.debug("A lease was not taken.", { reason: describeError(result.reason) });
  };

  /** Says that this member is alive; whoever is silent for long is forgotten. */
  const announce = async (): Promise<void> => {
    await table.put(MEMBER_PREFIX + member, encodeLeaseRecord({ owner: member, data: null }));
    tookWrite();
    for (const [key, { sinceMs }] of seen)
      if (key.startsWith(MEMBER_PREFIX) && clock.monotonicMs() - sinceMs > FORGOTTEN_AFTER_LEASES * leaseMs)
        await table.delete(key);
  };

  const round = async (): Promise<void> => {
    const renewals = [...held.values()].filter(({ stopping }) => stopping === undefined);
    announce().catch((error: unknown) => logger.debug("A member did not announce itself.", { member, error }));
    await Promise.allSettled(renewals.map(({ lease }) => lease.renew()));
    await balance();
  };

  const running = (async () => {
    while (!ending.signal.aborted) {
      await round();
      await clock.sleep((leaseMs / 5) * (0.8 + 0.4 * random.next()), { signal: ending.signal }).catch(() => {});
    }
  })();

  let closing: Promise<void> | undefined;
  return {
    get owned() {
      return [...held.keys()].filter((key) => held.get(key)?.lease.valid === true);
    },
    get members() {
      return aliveMembers().length + 1;
    },
    recordOf: (key) => seen.get(key)?.record,
    close: () =>
      (closing ??= (async () => {
        ending.abort();
        await running;
        await Promise.all([...held.keys()].map(end));
        await table.delete(MEMBER_PREFIX + member).catch(() => {});
        await watcher.close();
      })()),
  };
}
