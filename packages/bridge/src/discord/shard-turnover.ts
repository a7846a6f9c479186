import type { Dispatch } from "@antiphon/protocol/discord";
import type { Clock } from "@antiphon/std";
import { createCatchUp, type CatchUpOptions } from "./catch-up.ts";

/** What a shard has to know of the generation that it belongs to, now. */
export interface GenerationState {
  readonly generation: number;
  /** Whether it has not taken over yet. */
  readonly isNext: boolean;
  /** Whether it has been replaced, or given up. */
  readonly isEnding: boolean;
  /** Whether the shards in charge know this guild: not when Discord refuses the one that it lives on. */
  knowsGuild(guildId: string): boolean;
  /** The generation whose shards are all there, and wait for this shard to have passed on what happened before. */
  readonly awaitedBy: number | undefined;
}

/** Options of {@link createShardTurnover}. */
export interface ShardTurnoverOptions extends CatchUpOptions {
  readonly state: GenerationState;
  readonly clock: Clock;
}

/** A shard's part in the change from one generation to the next. */
export interface ShardTurnover {
  /**
   * Takes notice of a dispatch; true for one that is nothing to workers. Such is the GUILD_CREATE of a generation that has not taken
   * over: they know the guild, and to them it would look as if the bot had joined. When it has, the old generation says so.
   */
  isNoNews(dispatch: Dispatch): boolean;
  /** Whether its session has begun, and is told of all guilds that it announced: Discord connects them one by one. */
  readonly isComplete: boolean;
  /** The generation for which this shard has caught up: nothing from before that one's start is on its way to the bus. */
  readonly caughtUp: number | undefined;
  /** Whether Discord will not have the shard. */
  readonly isRefused: boolean;
  /** Discord will not have the shard: nothing comes of it any more. */
  refused(): void;
}

/** How long announced guilds are waited for; those that Discord itself has lost come much later. */
const GUILDS_MS = 15_000;

/** The ids of the guilds that a READY announces. */
function guildIdsOf(ready: unknown): readonly unknown[] {
  const guilds = (ready as { readonly guilds?: unknown } | null)?.guilds;
  return Array.isArray(guilds) ? guilds.map((guild: { readonly id?: unknown } | null) => guild?.id) : [];
}

/** Builds a {@link ShardTurnover}. */
export function createShardTurnover({ state, clock, ...catching }: ShardTurnoverOptions): ShardTurnover {
  const catchUp = createCatchUp({ ...catching, clock });
  /** Guilds that a READY has announced, and that have not come; none for what is in charge already. */
  let announced = new Set<unknown>();
  /** Those of them of which the shards in charge hear nothing. */
  let unknown = new Set<unknown>();
  let upSinceMs: number | undefined;
  let isRefused = false;

  const awaitsGuilds = (): boolean => {
    if (upSinceMs !== undefined && clock.monotonicMs() - upSinceMs >= GUILDS_MS) announced.clear();
    return announced.size > 0;
  };
  const start = (ready: unknown): void => {
    announced = new Set(state.isNext ? guildIdsOf(ready) : []);
    unknown = new Set([...announced].filter((id) => typeof id === "string" && !state.knowsGuild(id)));
  };

  return {
    isNoNews(dispatch) {
      const { type, data } = dispatch;
      if (type === "READY" || type === "RESUMED") upSinceMs = clock.monotonicMs();
      if (type === "READY") start(data);
      const guildId = (data as { readonly id?: unknown } | null)?.id;
      const wasAnnounced = /^GUILD_(?:CREATE|DELETE)$/.test(type) && awaitsGuilds() && announced.delete(guildId);
      if (type === "GUILD_CREATE" && (wasAnnounced || state.isNext) && !unknown.delete(guildId)) return true;
      return catchUp.isAnswer(dispatch);
    },
    get isComplete() {
      return upSinceMs !== undefined && !isRefused && !awaitsGuilds();
    },
    get caughtUp() {
      const { awaitedBy } = state;
      return awaitedBy !== undefined && (isRefused || catchUp.isDone(awaitedBy)) ? awaitedBy : undefined;
    },
    get isRefused() {
      return isRefused;
    },
    refused() {
      isRefused = true;
    },
  };
}
