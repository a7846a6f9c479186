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
  type Severity,
} from "@antiphon/std";
import { checkOption } from "../option-error.ts";
import type { WaitOptions } from "../wait-options.ts";
import { createErrorContext, type ErrorContext, type ErrorPlace } from "./error-context.ts";
import { createRecovery, type RecoveryDecision, type RecoveryOptions } from "./recovery.ts";

/** A failure as it was recorded. */
export interface ErrorRecord {
  /** When, in milliseconds since the Unix epoch. */
  readonly timestampMs: number;
  readonly error: unknown;
  readonly context: ErrorContext;
  readonly decision: RecoveryDecision;
}

/** What an error handler emits. */
export type ErrorHandlerEvent = { readonly type: "error"; readonly record: ErrorRecord };

/** Figures of an error handler. */
export interface ErrorStats {
  /** Failures recorded so far. */
  readonly total: number;
  /** By code; from the 1,000th different code on, the others are counted as `OTHER`. */
  readonly byCode: Readonly<Record<string, number>>;
  readonly bySeverity: Readonly<Partial<Record<Severity, number>>>;
  /** Repetitions that `execute` made. */
  readonly retries: number;
  /** Calls of `execute` that succeeded after a failure. */
  readonly recoveries: number;
  /** Records that gave way to newer ones. */
  readonly dropped: number;
}

/** Options of {@link createErrorHandler}. */
export interface ErrorHandlerOptions {
  /** How many records are kept; the oldest give way. Defaults to 1,000. */
  readonly maximumHistory?: number | undefined;
  readonly recovery?: RecoveryOptions | undefined;
  /** Told about each failure, at the level of its severity. Defaults to silence. */
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** Records failures with their context, counts them, and decides what to do about each. */
export interface ErrorHandler extends EventSource<ErrorHandlerEvent>, Disposable, AsyncDisposable {
  /** Records a failure and says what to do about it; never throws. `attempt` counts from 0. */
  handle(error: unknown, place?: ErrorPlace, attempt?: number): ErrorRecord;
  /**
   * Runs something, and again as the recovery says; a delay that Discord asks for is always kept.
   *
   * @throws what the last attempt threw, or the signal's reason
   */
  execute<Result>(
    operation: (attempt: number) => Promise<Result>,
    options?: WaitOptions & { readonly place?: ErrorPlace | undefined },
  ): Promise<Result>;
  /** The records that are kept, oldest first; of one severity when that is given. */
  history(filter?: { readonly severity?: Severity | undefined }): readonly ErrorRecord[];
  stats(): ErrorStats;
  /** Drops the history and the listeners; idempotent. */
  close(): void;
}

const DEFAULT_HISTORY = 1_000;
const MAXIMUM_CODES = 1_000;

const levelOf: Readonly<Record<Severity, keyof Logger>> = {
  trace: "trace",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  critical: "error",
  fatal: "error",
};

function count(counts: Map<string, number>, key: string): void {
  const known = counts.has(key) || counts.size < MAXIMUM_CODES ? key : "OTHER";
  counts.set(known, (counts.get(known) ?? 0) + 1);
}

/**
 * Builds an {@link ErrorHandler}.
 *
 * @throws {@link CoreError} `CORE_OPTION_INVALID`
 */
export function createErrorHandler(options: ErrorHandlerOptions = {}): ErrorHandler {
  const { maximumHistory = DEFAULT_HISTORY, recovery = {}, logger = silentLogger } = options;
  const { clock = systemClock, random = systemRandom } = options;
  checkOption("createErrorHandler", "maximumHistory", maximumHistory, 0);
  const decide = createRecovery(recovery, random);
  const emitter = createEmitter<ErrorHandlerEvent>({
    onListenerError: (error) => logger.error("errors: a listener failed", { error: describeError(error) }),
  });
  const records: ErrorRecord[] = [];
  const byCode = new Map<string, number>();
  const bySeverity = new Map<string, number>();
  const counts = { total: 0, retries: 0, recoveries: 0, dropped: 0 };

  const handle = (error: unknown, place?: ErrorPlace, attempt = 0): ErrorRecord => {
    const context = createErrorContext(error, place);
    const record = { timestampMs: clock.now(), error, context, decision: decide(error, attempt) };
    counts.total++;
    count(byCode, context.code);
    count(bySeverity, context.severity);
    records.push(record);
    while (records.length > maximumHistory) {
      records.shift();
      counts.dropped++;
    }
    const { guildId, channelId, userId, requestId } = context;
    const fields = { code: context.code, guildId, channelId, userId, requestId, action: record.decision.action };
    logger[levelOf[context.severity]](context.message, fields);
    emitter.emit({ type: "error", record });
    return record;
  };
  const close = () => {
    records.length = 0;
    emitter.close();
  };
  return {
    on: emitter.on,
    events: emitter.events,
    handle,
    async execute(operation, { signal, place } = {}) {
      for (let attempt = 0; ; attempt++) {
        signal?.throwIfAborted();
        try {
          const result = await operation(attempt);
          if (attempt > 0) counts.recoveries++;
          return result;
        } catch (error) {
          if (signal?.aborted === true) throw error;
          const { decision } = handle(error, place, attempt);
          if (!decision.retry) throw error;
          counts.retries++;
          await clock.sleep(decision.delayMs, { signal });
        }
      }
    },
    history: ({ severity } = {}) =>
      records.filter(({ context }) => severity === undefined || context.severity === severity),
    stats: () => ({ ...counts, byCode: Object.fromEntries(byCode), bySeverity: Object.fromEntries(bySeverity) }),
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => close(),
  };
}
