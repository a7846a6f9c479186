import { describeError, type Clock, type Logger, type Timer } from "@antiphon/std";
import { GatewayError } from "./gateway-error.ts";

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

/** Lets a bot have more shards when it has grown. */
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

/** How long to wait before growing is tried again; undefined when that would not help. */
function pauseAfter(error: unknown): number | undefined {
  if (!(error instanceof GatewayError)) return undefined;
  if (error.code === "GATEWAY_SHARDING_REQUIRED") return 0;
  const { resetAfterMs } = error.details;
  if (!error.retryable) return undefined;
  return typeof resetAfterMs === "number" ? resetAfterMs : RETRY_AFTER_MS;
}

/** Builds an {@link AutoReshard}. */
export function createAutoReshard({ clock, logger, ...bot }: AutoReshardOptions): AutoReshard {
  const ending = new AbortController();
  let timer: Timer | undefined;
  let growing: Promise<void> | undefined;

  const look = async () => {
    const before = bot.shardCount();
    try {
      const recommended = await bot.recommended();
      if (recommended >= before * GROWTH_RATIO) await bot.reshard(recommended);
    } catch (error) {
      if (!ending.signal.aborted)
        logger.warn("The gateway could not look after its shards.", { problem: describeError(error) });
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
    for (let shardCount = bot.shardCount(); ;) {
      try {
        shardCount = await next(shardCount);
        await bot.reshard(shardCount);
        return;
      } catch (error) {
        const pauseMs = pauseAfter(error);
        if (pauseMs === undefined || ending.signal.aborted) throw error;
        logger.warn("The gateway could not get more shards yet.", { shardCount, problem: describeError(error) });
        if (pauseMs > 0) await clock.sleep(pauseMs, { signal: ending.signal });
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
