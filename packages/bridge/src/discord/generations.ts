import { shardIdOf } from "@antiphon/protocol/discord";
import { describeError } from "@antiphon/std";
import type { GatewayRoleEvent } from "./gateway-role-event.ts";
import type { Layout } from "./layout.ts";
import { openShardGeneration, type ShardGeneration, type ProcessParts } from "./shard-generation.ts";
import type { ShardWatch } from "./shard-watch.ts";

/** Options of {@link createGenerations}. */
export interface GenerationsOptions extends ProcessParts {
  readonly watch: ShardWatch;
  /** As `Resharding.awaitedBy`. */
  readonly awaitedBy: () => number | undefined;
  readonly emit: (event: GatewayRoleEvent) => void;
  /** Told that Discord will not have a shard of this generation. */
  readonly onFatal: (error: unknown, generation: number) => void;
}

/** What this process runs of the generations of shards. */
export interface Generations {
  /** Opens and closes generations as the layout wants it. */
  readonly follow: (layout: Layout) => void;
  readonly stats: {
    readonly shards: readonly number[];
    readonly nextShards: readonly number[];
    readonly processes: number;
  };
  /** Ends all its shards and gives them back. */
  close(): Promise<void>;
}

interface Running {
  readonly opening: Promise<ShardGeneration | undefined>;
  opened?: ShardGeneration;
  closing?: Promise<void>;
}

/** How long shards that were replaced go on: what they were asked for is on its way to them only. */
const AFTERLIFE_MS = 2_000;

const OPEN_AGAIN_MS = 1_000;

/** Builds {@link Generations}. */
export function createGenerations(options: GenerationsOptions): Generations {
  const { watch, awaitedBy, emit, onFatal, clock, logger } = options;
  const closed = new AbortController();
  const running = new Map<number, Running>();
  let latest: Layout | undefined;

  const isNext = (generation: number) => watch.layout?.next?.generation === generation;
  const stateOf = (generation: number) => ({
    generation,
    get isNext() {
      return isNext(generation);
    },
    get isEnding() {
      return watch.layout?.generation !== generation && !isNext(generation);
    },
    knowsGuild(guildId: string): boolean {
      const { generation: standing = 0, shardCount = 1 } = watch.layout ?? {};
      return watch.shardsOf(standing).get(shardIdOf(guildId, shardCount))?.isRefused !== true;
    },
    get awaitedBy() {
      return watch.layout?.generation === generation && watch.layout.next !== undefined ? awaitedBy() : undefined;
    },
  });
  const open = (generation: number, shardCount: number) => {
    const opening = openShardGeneration({
      ...options,
      shardCount,
      state: stateOf(generation),
      onAcquired: (shardId, from) => emit({ type: "shardAcquired", shardId, shardCount, from }),
      onReady: (shardId) => emit({ type: "shardReady", shardId, shardCount }),
      onEnded: (shardId) => emit({ type: "shardEnded", shardId, shardCount }),
      onFatal: (error) => onFatal(error, generation),
    }).catch((error: unknown) => {
      logger.warn("The bot's shards were not opened; it is tried again.", { error: describeError(error) });
      running.delete(generation);
      clock.setTimer(OPEN_AGAIN_MS, () => latest && follow(latest), { keepAlive: false });
      return undefined;
    });
    const entry: Running = { opening };
    running.set(generation, entry);
    void opening.then((opened) => opened !== undefined && (entry.opened = opened));
  };
  /** Shards that were in charge live on for a moment. */
  const end = (generation: number, entry: Running, afterlifeMs: number) => {
    entry.closing ??= (async () => {
      await clock.sleep(afterlifeMs, { signal: closed.signal }).catch(() => {});
      await (await entry.opening)?.close();
      running.delete(generation);
    })();
    return entry.closing;
  };

  const follow = (layout: Layout): void => {
    if (closed.signal.aborted) return;
    latest = layout;
    const { next, ending } = layout;
    const wanted = new Map([[layout.generation, layout.shardCount]]);
    if (next !== undefined && next.phase !== "announced") wanted.set(next.generation, next.shardCount);
    for (const [generation, shardCount] of wanted) if (!running.has(generation)) open(generation, shardCount);
    const afterlifeMs = ending?.problem === undefined ? AFTERLIFE_MS : 0;
    for (const [generation, entry] of running) if (!wanted.has(generation)) void end(generation, entry, afterlifeMs);
  };

  return {
    follow,
    get stats() {
      const { generation = 0, next } = watch.layout ?? {};
      const standing = running.get(generation)?.opened;
      const coming = next === undefined ? undefined : running.get(next.generation)?.opened;
      return { shards: standing?.shards ?? [], nextShards: coming?.shards ?? [], processes: standing?.members ?? 1 };
    },
    async close() {
      closed.abort();
      await Promise.all([...running].map(([generation, entry]) => end(generation, entry, 0)));
    },
  };
}
