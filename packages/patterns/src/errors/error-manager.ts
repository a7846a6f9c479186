import {
  createEmitter,
  describeError,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
} from "@antiphon/std";
import { PatternsError } from "../error.ts";
import type { ErrorContextFields } from "./error-context.ts";
import { contextFor, recordOf, type ErrorRecord } from "./error-record.ts";
import { isAtLeast, type ErrorSeverity } from "./error-severity.ts";
import { runRecovery, type RecoveryResult, type RecoveryStrategy } from "./recovery-strategy.ts";

/** Options of {@link createErrorManager}. */
export interface ErrorManagerOptions {
  /** Where failures are written. Defaults to silence. */
  readonly logger?: Logger;
  /** How many records are kept. Defaults to 1,000; the oldest gives way and is counted. */
  readonly historyLimit?: number;
  /** Cleans the text of each record. Defaults to replacing what looks like a token or a password. */
  readonly redact?: (text: string) => string;
  /** Time of records and of the pauses of recovery. */
  readonly clock?: Clock;
  /** Jitter of the pauses of recovery. */
  readonly random?: Random;
}

/** What an ErrorManager tells. */
export type ErrorManagerEvent =
  | { readonly type: "errorHandled"; readonly record: ErrorRecord; readonly error: unknown }
  | { readonly type: "errorRecovered"; readonly record: ErrorRecord; readonly error: unknown };

/** What became of an error. */
export interface ErrorOutcome {
  /** What was kept of it. */
  readonly record: ErrorRecord;
  /** Whether a strategy recovered it. */
  readonly recovered: boolean;
  /** What the strategy returned. */
  readonly value?: unknown;
}

/** Which records {@link ErrorManager.history} returns. */
export interface ErrorHistoryFilter {
  /** Only errors with this code. */
  readonly code?: string;
  /** Only errors of this severity or graver. */
  readonly minimumSeverity?: ErrorSeverity;
  /** At most this many, the newest. */
  readonly limit?: number;
}

/** Counts since the manager was built. */
export interface ErrorStatistics {
  /** Errors handled. */
  readonly total: number;
  /** Errors that a strategy recovered. */
  readonly recovered: number;
  /** Errors for each code. */
  readonly byCode: Readonly<Record<string, number>>;
  /** Errors for each severity that occurred. */
  readonly bySeverity: Readonly<Partial<Record<ErrorSeverity, number>>>;
  /** Records that the history no longer holds. */
  readonly dropped: number;
}

/** Handles and accounts for errors in one place. */
export interface ErrorManager extends Pick<EventSource<ErrorManagerEvent>, "on" | "events"> {
  /** Records an error, tries to recover it, and tells what became of it; never throws. */
  handleError(
    error: unknown,
    context?: ErrorContextFields,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<ErrorOutcome>;
  /** Adds a way out; of several that match, the one added first is used. Disposing removes it. */
  registerRecovery(strategy: RecoveryStrategy): Disposable;
  /** The records kept, the oldest first. */
  history(filter?: ErrorHistoryFilter): readonly ErrorRecord[];
  /** The counts. */
  statistics(): ErrorStatistics;
}

/** How many codes are counted one by one; codes made from data must not fill the memory. */
const CODES_LIMIT = 1_000;
const logMethods = { trace: "trace", debug: "debug", info: "info", warning: "warn" } as const;

function writeTo(logger: Logger, record: ErrorRecord): void {
  const { code, message, context, recoveredBy, severity, ...rest } = record;
  const method = severity in logMethods ? logMethods[severity as keyof typeof logMethods] : "error";
  const fields = { code, severity, recoveryAttempts: rest.recoveryAttempts, ...context };
  logger[method](message, recoveredBy === undefined ? fields : { ...fields, recoveredBy });
}

function increment<Key extends string>(counts: Map<Key | "OTHER", number>, key: Key): void {
  const name = counts.has(key) || counts.size < CODES_LIMIT ? key : "OTHER";
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/**
 * Builds an {@link ErrorManager}.
 *
 * @throws PatternsError PATTERNS_INVALID_ARGUMENT when `historyLimit` is no whole number from 0
 */
export function createErrorManager(options: ErrorManagerOptions = {}): ErrorManager {
  const { logger = silentLogger, historyLimit = 1_000, redact, clock = systemClock, random = systemRandom } = options;
  if (!Number.isInteger(historyLimit) || historyLimit < 0) {
    throw new PatternsError(
      "PATTERNS_INVALID_ARGUMENT",
      `createErrorManager: historyLimit must be a whole number from 0, not ${historyLimit}.`,
    );
  }
  const emitter = createEmitter<ErrorManagerEvent>();
  const strategies = new Set<RecoveryStrategy>();
  const records: ErrorRecord[] = [];
  const byCode = new Map<string, number>();
  const bySeverity = new Map<ErrorSeverity | "OTHER", number>();
  let total = 0;
  let recovered = 0;
  let dropped = 0;

  const keep = (record: ErrorRecord) => {
    total++;
    increment(byCode, record.code);
    increment(bySeverity, record.severity);
    records.push(record);
    while (records.length > historyLimit) {
      records.shift();
      dropped++;
    }
  };
  // A strategy whose `matches` throws is treated as one that does not match: handling an error must not fail.
  const matching = (error: unknown, context: ErrorRecord["context"]) => {
    for (const strategy of strategies) {
      try {
        if (strategy.matches(error, context)) return strategy;
      } catch (failure) {
        logger.error(`The recovery strategy ${strategy.name} failed to match: ${describeError(failure)}`);
      }
    }
    return undefined;
  };

  return {
    async handleError(error, fields = {}, { signal = new AbortController().signal } = {}) {
      const context = contextFor(error, fields);
      const strategy = matching(error, context);
      const result: RecoveryResult =
        strategy === undefined
          ? { recovered: false, attempts: 0 }
          : await runRecovery(strategy, error, { context, signal, clock, random });
      const record: ErrorRecord = {
        ...recordOf(error, context, clock.now(), redact),
        recoveryAttempts: result.attempts,
        ...(result.recovered ? { recoveredBy: strategy?.name } : {}),
      };
      keep(record);
      writeTo(logger, record);
      emitter.emit({ type: "errorHandled", record, error });
      if (!result.recovered) return { record, recovered: false };
      recovered++;
      emitter.emit({ type: "errorRecovered", record, error });
      return { record, recovered: true, value: result.value };
    },
    registerRecovery(strategy) {
      strategies.add(strategy);
      return { [Symbol.dispose]: () => void strategies.delete(strategy) };
    },
    history({ code, minimumSeverity = "trace", limit = records.length } = {}) {
      const matches = records.filter(
        (record) => (code === undefined || record.code === code) && isAtLeast(record.severity, minimumSeverity),
      );
      return matches.slice(Math.max(0, matches.length - limit));
    },
    statistics: () => ({
      total,
      recovered,
      byCode: Object.fromEntries(byCode),
      bySeverity: Object.fromEntries(bySeverity) as ErrorStatistics["bySeverity"],
      dropped,
    }),
    on: emitter.on,
    events: emitter.events,
  };
}

let shared: ErrorManager | undefined;

/** The manager that `handleErrors()` uses when it is given none; built on first use. */
export function defaultErrorManager(): ErrorManager {
  shared ??= createErrorManager();
  return shared;
}
