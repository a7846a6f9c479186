import { describeError, isAntiphonError, type Clock, type Logger, type Timer } from "@antiphon/std";

/** Options of {@link createAutoReshard}. */
export interface AutoReshardOptions {
  /** How many shards Discord recommends now. */
  readonly recommended: () => Promise<number>;
  /** Of how many shards the bot consists. */
  readonly shardCount: () => number;
  /** Changes their number. */
  readonly reshard: (shardCount: number) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Lets a bot have more shards when it has grown, whether it runs in one process or in many. */
export interface AutoReshard {
  /** Whether the bot is connected, so that its shards are looked after. */
  readonly isStarted: boolean;
  /** Looks from now on, once an hour, whether the bot has outgrown its shards. */
  start(): void;
  /** How many shards to try when Discord has refused `shardCount` as too few. */
  next(shardCount: number): Promise<number>;
  /**
   * Discord has refused a shard because there are too few. Resolves when there are more; what passes by itself is tried again.
   * Rejects with what makes it impossible.
   */
  grow(): Promise<void>;
  close(): void;
}

const LOOK_EVERY_MS = 3_600_000;
/** Discord recommends a shard for 1,000 guilds and refuses over 2,500; at one and a half times, there are 1,500 on each. */
const GROWTH_RATIO = 1.5;
const RETRY_AFTER_MS = 30_000;
/** What a gateway makes of Discord's 4011. */
const TOO_FEW = "GATEWAY_SHARDING_REQUIRED";

/** Whether Discord has refused a shard because there are too few; `details.gatewayCode` is how a bot on many processes says so. */
export function isTooFewShards(error: unknown): boolean {
  return isAntiphonError(error) && (error.code === TOO_FEW || error.details["gatewayCode"] === TOO_FEW);
}

/** How long to wait before growing is tried again; undefined when that would not help. */
function pauseAfter(error: unknown): number | undefined {
  if (isTooFewShards(error)) return 0;
  if (!isAntiphonError(error) || !error.retryable) return undefined;
  const { resetAfterMs } = error.details;
  return typeof resetAfterMs === "number" ? resetAfterMs : RETRY_AFTER_MS;
}

/** Builds an {@link AutoReshard}. */
export function createAutoReshard({ clock, logger, ...bot }: AutoReshardOptions): AutoReshard {
  const ending = new AbortController();
  let timer: Timer | undefined;
  let growing: Promise<void> | undefined;

  const look = async () => {
    try {
      const recommended = await bot.recommended();
      if (recommended >= bot.shardCount() * GROWTH_RATIO) await bot.reshard(recommended);
    } catch (error) {
      if (!ending.signal.aborted)
        logger.warn("The bot could not look after its shards.", { problem: describeError(error) });
    }
    arm();
  };
  const arm = () => {
    if (!ending.signal.aborted) timer = clock.setTimer(LOOK_EVERY_MS, () => void look(), { keepAlive: false });
  };
  const next = async (shardCount: number) => {
    const recommended = await bot.recommended();
    return recommended > shardCount ? recommended : shardCount * 2;
  };
  const grow = async () => {
    const before = bot.shardCount();
    let tooFew = before;
    // Another process may have been faster.
    while (bot.shardCount() === before) {
      let shardCount = tooFew;
      try {
        shardCount = await next(tooFew);
        return void (await bot.reshard(shardCount));
      } catch (error) {
        const pauseMs = pauseAfter(error);
        if (pauseMs === undefined || ending.signal.aborted) throw error;
        logger.warn("The bot could not get more shards yet.", { shardCount, problem: describeError(error) });
        // Only a refusal says that it takes more; what passes by itself is tried again with as many.
        if (pauseMs === 0) tooFew = shardCount;
        else await clock.sleep(pauseMs, { signal: ending.signal });
      }
    }
  };

  return {
    get isStarted() {
      return timer !== undefined;
    },
    start: arm,
    next,
    grow: () => (growing ??= grow().finally(() => (growing = undefined))),
    close() {
      ending.abort();
      timer?.cancel();
    },
  };
}
