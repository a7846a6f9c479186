import { abortReason, createBackoff, type Clock, type Logger, type Random } from "@antiphon/std";
import { z } from "zod";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { KeyValueEntry, KeyValueStore } from "../bus/key-value.ts";
import { BridgeError, type BridgeErrorCode } from "../error.ts";

/** What a lease's key holds: who owns it, and what the owner wrote down for whoever comes next. */
export interface LeaseRecord {
  /** The owner; null when it was given back. */
  readonly owner: string | null;
  readonly data: unknown;
}

const leaseRecordSchema = z.looseObject({ owner: z.string().min(1).max(200).nullable(), data: z.unknown().optional() });

/** Reads a record; what is none counts as one that nobody owns. */
export function decodeLeaseRecord(value: Uint8Array): LeaseRecord {
  try {
    const { owner, data } = leaseRecordSchema.parse(decodeJson(value));
    return { owner, data };
  } catch {
    return { owner: null, data: undefined };
  }
}

/** Writes a record. */
export function encodeLeaseRecord(record: LeaseRecord): Uint8Array {
  return encodeJson(record);
}

/** A lease that this process holds. */
export interface Lease {
  readonly key: string;
  /** What the owner before wrote down; undefined when there was none. */
  readonly inherited: unknown;
  /** Whether nobody else can hold it at this moment, by this process' own monotonic clock. */
  readonly valid: boolean;
  /** For how long it has not been valid, by the same clock; 0 while it is. Somebody else may have it then, unless the table takes no writes. */
  readonly lapsedMs: number;
  /** Aborted once somebody else has it, or it was released. */
  readonly ended: AbortSignal;
  /** From now on each write puts down what this gives at that moment. */
  keep(data: () => unknown): void;
  /**
   * Writes the data down, which also makes the lease go on. Calls made while a write is under way share the next one.
   *
   * @throws BridgeError BRIDGE_LEASE_LOST when somebody else has it
   */
  renew(): Promise<void>;
  /** Writes the data down and gives the lease back; harmless when it is lost. */
  release(): Promise<void>;
}

/** Options of {@link acquireLease}. */
export interface LeaseOptions {
  readonly table: KeyValueStore;
  readonly key: string;
  /** A name that no other process has, nor an earlier life of this one. */
  readonly owner: string;
  /** How long a lease holds that is not renewed. */
  readonly leaseMs: number;
  /** What the key holds as far as is known; undefined for nothing. */
  readonly known: { readonly record: LeaseRecord; readonly revision: number } | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Whether something thrown is a {@link BridgeError} of this code. */
export function isBridgeFailure(error: unknown, code: BridgeErrorCode): boolean {
  return error instanceof BridgeError && error.code === code;
}

const leaseLost = (key: string) =>
  new BridgeError("BRIDGE_LEASE_LOST", `The lease ${key} belongs to another process now.`, { retryable: true });

/**
 * Takes a lease whose key has not changed since it was last seen; undefined when somebody was faster. Whether it is free is for
 * the caller to know; see `openOwnership`.
 */
export async function acquireLease(options: LeaseOptions): Promise<Lease | undefined> {
  const { table, key, owner, known, clock } = options;
  const startedMs = clock.monotonicMs();
  const inherited = known?.record.data;
  try {
    const revision = await table.putIf(key, encodeLeaseRecord({ owner, data: inherited }), known?.revision ?? 0);
    return leaseOver(options, revision, inherited, startedMs);
  } catch (error) {
    if (isBridgeFailure(error, "BRIDGE_REVISION_CONFLICT")) return undefined;
    throw error;
  }
}

function leaseOver(options: LeaseOptions, firstRevision: number, inherited: unknown, startedMs: number): Lease {
  const { table, key, owner, leaseMs, clock, random, logger } = options;
  const ending = new AbortController();
  let revision = firstRevision;
  let validUntilMs = startedMs + leaseMs;
  let snapshot = () => inherited;
  let releasing = false;
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;

  const lose = () => {
    if (!ending.signal.aborted) ending.abort(leaseLost(key));
  };

  /** An attempt whose answer got lost may have succeeded: then the key has a revision that we did not hear of, and is still ours. */
  const findOut = async (): Promise<void> => {
    const entry: KeyValueEntry | undefined = await inTime(table.get(key));
    if (entry !== undefined && decodeLeaseRecord(entry.value).owner === owner) revision = entry.revision;
    else if (entry !== undefined && entry.revision < revision) throw new Error(`The read of ${key} is out of date.`);
    else lose();
  };

  /** A server that was killed answers nothing; the attempt is repeated well before the lease ends. */
  const inTime = async <Result>(attempt: Promise<Result>): Promise<Result> => {
    attempt.catch(() => {});
    const late = Promise.withResolvers<never>();
    using _timer = clock.setTimer(leaseMs / 4, () => late.reject(new Error(`No answer for the lease ${key}.`)));
    return await Promise.race([attempt, late.promise]);
  };

  const write = async (value: () => Uint8Array): Promise<void> => {
    for (
      let backoff = createBackoff({ baseMs: leaseMs / 40, maximumMs: leaseMs / 8, jitterRatio: 0.5, random });
      ;
      backoff = backoff.next()
    ) {
      if (ending.signal.aborted) throw abortReason(ending.signal);
      const attemptedMs = clock.monotonicMs();
      try {
        revision = await inTime(table.putIf(key, value(), revision));
        validUntilMs = attemptedMs + leaseMs;
        return;
      } catch (error) {
        if (isBridgeFailure(error, "BRIDGE_CLOSED")) throw error;
        logger.debug("A lease was not written.", { key, error });
        await findOut().catch((reason: unknown) => logger.debug("A lease was not read.", { key, reason }));
        if (ending.signal.aborted) throw abortReason(ending.signal);
        await clock.sleep(backoff.delayMs, { signal: ending.signal });
      }
    }
  };

  /** One write is under way at a time; whoever comes meanwhile shares the next. */
  const writeNext = (): Promise<void> => {
    queued ??= (async () => {
      await running?.catch(() => {});
      running = queued;
      queued = undefined;
      await write(() => encodeLeaseRecord({ owner: releasing ? null : owner, data: snapshot() }));
    })();
    return queued;
  };

  return {
    key,
    inherited,
    get valid() {
      return !ending.signal.aborted && clock.monotonicMs() < validUntilMs;
    },
    get lapsedMs() {
      return Math.max(0, clock.monotonicMs() - validUntilMs);
    },
    ended: ending.signal,
    keep(data) {
      snapshot = data;
    },
    renew: writeNext,
    async release() {
      if (ending.signal.aborted) return;
      releasing = true;
      validUntilMs = Number.NEGATIVE_INFINITY;
      // Not given back in this time it runs out by itself.
      using _timer = clock.setTimer(leaseMs, lose);
      try {
        await writeNext();
      } catch (error) {
        if (!ending.signal.aborted) throw error;
      }
      lose();
    },
  };
}
