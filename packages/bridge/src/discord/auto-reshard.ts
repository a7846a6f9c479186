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

/** Lets a bot have more shards when it has grown; as `reshard: "auto"` of `@antiphon/gateway`, for a bot on many processes. */
export interface AutoReshard {
  /** Discord has refused a shard because there are too few. Resolves when there are more; rejects with what makes that impossible. */
  grow(): Promise<void>;
  close(): void;
}

const LOOK_EVERY_MS = 3_600_000;
/** Discord recommends a shard for 1,000 guilds and refuses over 2,500; at one and a half times, there are 1,500 on each. */
const GROWTH_RATIO = 1.5;
const RETRY_AFTER_MS = 30_000;
/** What Discord says when there are too few. */
const TOO_FEW = "GATEWAY_SHARDING_REQUIRED";

/** Whether Discord has refused a shard because there are too few. */
export function isTooFew(error: unknown): boolean {
  return isAntiphonError(error, TOO_FEW);
}

/** How long to wait before growing is tried again; undefined when that would not help. */
function pauseAfter(error: unknown): number | undefined {
  if (!isAntiphonError(error)) return undefined;
  if (error.details["gatewayCode"] === TOO_FEW) return 0;
  return error.retryable ? RETRY_AFTER_MS : undefined;
}

/** Builds an {@link AutoReshard}, and looks from now on, once an hour, whether the bot has outgrown its shards. */
export function createAutoReshard({ clock, logger, ...bot }: AutoReshardOptions): AutoReshard {
  const ending = new AbortController();
  let timer: Timer;
  let growing: Promise<void> | undefined;

  const look = async () => {
    try {
      const recommended = await bot.recommended();
      if (recommended >= bot.shardCount() * GROWTH_RATIO) await bot.reshard(recommended);
    } catch (error) {
      if (!ending.signal.aborted)
        logger.warn("The role could not look after its shards.", { error: describeError(error) });
    }
    arm();
  };
  const arm = () => {
    if (!ending.signal.aborted) timer = clock.setTimer(LOOK_EVERY_MS, () => void look(), { keepAlive: false });
  };
  const grow = async () => {
    const before = bot.shardCount();
    let tooFew = before;
    while (bot.shardCount() === before) {
      const recommended = await bot.recommended();
      const shardCount = recommended > tooFew ? recommended : tooFew * 2;
      try {
        await bot.reshard(shardCount);
      } catch (error) {
        const pauseMs = pauseAfter(error);
        if (pauseMs === undefined || ending.signal.aborted) throw error;
        logger.warn("The bot could not get more shards yet.", { shardCount, error: describeError(error) });
        if (pauseMs === 0) tooFew = shardCount;
        else await clock.sleep(pauseMs, { signal: ending.signal });
      }
    }
  };
  arm();

  return {
    grow: () => (growing ??= grow().finally(() => (growing = undefined))),
    close() {
      ending.abort();
      timer.cancel();
    },
  };
}
