import { abortReason, describeError, type Clock, type Logger } from "@antiphon/std";
import type { BusTransport } from "../bus/bus-transport.ts";
import type { KeyValueStore } from "../bus/key-value.ts";
import { BridgeError } from "../error.ts";
import { publishMark, type GenerationMark } from "./generation-mark.ts";
import { clearGeneration } from "./generation-table.ts";
import { changeLayout, standingLayout } from "./layout-store.ts";
import { announced, connecting, givenUp, settled, takenOver, takingOver, type Layout } from "./layout.ts";
import type { ShardWatch } from "./shard-watch.ts";

/** Options of {@link createResharding}. */
export interface ReshardingOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly table: KeyValueStore;
  readonly watch: ShardWatch;
  readonly leaseMs: number;
  /** Runs what the layout wants of this process; called after each change of the table. */
  readonly follow: (layout: Layout) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Changes of how many shards the bot consists, together with all its other gateway processes. */
export interface Resharding {
  /** The generation whose shards are all there, and wait for those in charge to have passed on what happened before. */
  readonly awaitedBy: number | undefined;
  /** Changes the number of shards; resolves when the old ones are gone. */
  change(shardCount: number, signal: AbortSignal | undefined): Promise<void>;
  /** Gives up a generation that has not taken over; `code` is that of what Discord refused it with. */
  giveUp(generation: number, problem: string, code?: string): Promise<void>;
  /** Resolves when this process takes no part any more; the others go on. */
  close(): Promise<void>;
}

/** How long the shards in charge may take to catch up: those of a process that died have to be resumed, and read what they missed. */
const CATCH_UP_LIMIT_MS = 60_000;
/** How many times that of a lease the end of old shards may take; then their processes are gone. */
const END_LIMIT_LEASES = 4;
/** How long to wait between two looks at what no change of the table tells. */
const LOOK_EVERY_MS = 250;

/** The generation that is under way to this number of shards. @throws BridgeError BRIDGE_RESHARD_REFUSED when it is another number */
function generationUnderWay({ next, ending, ...layout }: Layout, shardCount: number): number {
  const coming = next ?? (ending?.problem === undefined ? layout : undefined);
  if (coming?.shardCount === shardCount) return coming.generation;
  const what = coming === undefined ? "is just being given up" : `to ${coming.shardCount} shards is under way`;
  throw new BridgeError(
    "BRIDGE_RESHARD_REFUSED",
    `reshard: to ${shardCount} shards: another resharding ${what}; wait for its end.`,
    {
      retryable: true,
    },
  );
}

/** Since when a generation has been in some state. */
interface Since {
  readonly generation: number;
  readonly atMs: number;
}

const shardIds = (shardCount: number) => Array.from({ length: shardCount }, (_, shardId) => shardId);

/**
 * Builds a {@link Resharding}, and begins to follow the table. How far a change has come stands in the table only, and each process does
 * whatever comes next: all of it may be done twice. So it goes on whichever process dies.
 */
export function createResharding(options: ReshardingOptions): Resharding {
  const { bus, applicationId, table, watch, leaseMs, clock, logger } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let complete: Since | undefined;
  let leaving: Since | undefined;

  const since = (known: Since | undefined, generation: number): Since =>
    known?.generation === generation ? known : { generation, atMs: clock.monotonicMs() };
  const isOver = ({ atMs }: Since, limitMs: number) => clock.monotonicMs() - atMs >= limitMs;
  const tell = ({ laneCount }: Layout, what: GenerationMark["what"], generation: number) =>
    publishMark({ bus, applicationId, laneCount, signal }, { what, generation });

  /** Whether the next generation has all that happens from now on, and the one in charge has told all that was before. */
  const canTakeOver = ({ generation, shardCount }: Layout, next: NonNullable<Layout["next"]>): boolean => {
    const [standing, coming] = [watch.shardsOf(generation), watch.shardsOf(next.generation)];
    const isComplete = shardIds(next.shardCount).every((shardId) => coming.get(shardId)?.isComplete === true);
    complete = isComplete ? since(complete, next.generation) : undefined;
    if (complete === undefined) return false;
    const hasCaughtUp = (shardId: number) => standing.get(shardId)?.caughtUp === next.generation;
    return shardIds(shardCount).every(hasCaughtUp) || isOver(complete, CATCH_UP_LIMIT_MS);
  };
  /** Whether nobody runs its shards any more. */
  const isGone = ({ generation, shardCount }: NonNullable<Layout["ending"]>): boolean => {
    leaving = since(leaving, generation);
    const shards = watch.shardsOf(generation);
    const isFree = (shardId: number) => (shards.get(shardId)?.owner ?? null) === null;
    return shardIds(shardCount).every(isFree) || isOver(leaving, END_LIMIT_LEASES * leaseMs);
  };

  /** Does what comes next, if anything does. */
  const step = async (layout: Layout): Promise<void> => {
    const { next, ending } = layout;
    if (next?.phase === "announced") {
      await tell(layout, "begin", next.generation);
      await changeLayout(table, connecting(next.generation));
    } else if (next?.phase === "connecting") {
      if (canTakeOver(layout, next)) await changeLayout(table, takingOver(next.generation));
    } else if (next !== undefined) {
      await tell(layout, "takeOver", next.generation);
      await changeLayout(table, takenOver(next.generation));
    } else if (ending !== undefined && isGone(ending)) {
      await tell(layout, "end", ending.generation);
      if ((await changeLayout(table, settled(ending.generation))) === undefined) return;
      await clearGeneration(table, ending.generation);
    }
  };
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      const changed = watch.changed(signal).catch(() => {});
      const { layout } = watch;
      if (layout !== undefined) {
        options.follow(layout);
        await step(layout).catch((error: unknown) => {
          if (!signal.aborted) logger.warn("A resharding has to wait.", { error: describeError(error) });
        });
      }
      if (layout?.next === undefined && layout?.ending === undefined) await changed;
      else await clock.sleep(LOOK_EVERY_MS, { signal }).catch(() => {});
    }
  };
  const following = follow();

  /** Resolves when a generation is alone in charge; rejects when it was given up and is gone. */
  const outcomeOf = async (generation: number, waiting: AbortSignal): Promise<void> => {
    let problem: { readonly problem?: string | undefined; readonly code?: string | undefined } | undefined;
    const standing = await watch.until(() => {
      const { layout } = watch;
      if (layout === undefined || layout.newest < generation || layout.next?.generation === generation)
        return undefined;
      if (layout.ending?.generation === generation) problem = layout.ending;
      return layout.ending === undefined ? layout : undefined;
    }, waiting);
    if (problem === undefined && standing.generation >= generation) return;
    throw new BridgeError("BRIDGE_RESHARD_FAILED", `reshard: ${problem?.problem ?? "it was given up."}`, {
      details: { gatewayCode: problem?.code },
    });
  };
  const giveUp = async (generation: number, problem: string, code?: string) => {
    await changeLayout(table, givenUp(generation, problem, code));
  };

  const change = async (shardCount: number, wish: AbortSignal | undefined): Promise<void> => {
    const waiting = wish === undefined ? signal : AbortSignal.any([wish, signal]);
    waiting.throwIfAborted();
    const standing = await standingLayout(table);
    if (standing.next !== undefined || standing.ending !== undefined)
      return outcomeOf(generationUnderWay(standing, shardCount), waiting);
    if (standing.shardCount === shardCount) return;
    const begun = await changeLayout(table, announced(shardCount));
    // Somebody was faster.
    if (begun === undefined) return change(shardCount, wish);
    try {
      await outcomeOf(begun.newest, waiting);
    } catch (error) {
      if (wish?.aborted === true) await giveUp(begun.newest, `It was given up: ${describeError(abortReason(wish))}`);
      throw error;
    }
  };

  return {
    get awaitedBy() {
      return complete?.generation;
    },
    change,
    giveUp,
    async close() {
      closing.abort(new BridgeError("BRIDGE_CLOSED", "The gateway role is closed; a resharding goes on without it."));
      await following;
    },
  };
}
