import { shardIdOf, type Dispatch, type GuildId, type ShardSession } from "@antiphon/protocol/discord";
import { disconnectedError, fatalCloseError, type GatewayError } from "./gateway-error.ts";
import type { GatewayEvent } from "./gateway-event.ts";
import { createGuildIntake, type GuildIntake } from "./guild-intake.ts";
import { createShard, type Shard, type ShardOptions } from "./shard.ts";
import { createSessionSaver } from "./session-saver.ts";
import type { SessionStore, ShardKey } from "./session-store.ts";

/** What the shards of a fleet have in common. */
export type FleetParts = Omit<ShardOptions, "shardId" | "shardCount" | "sessionSaver" | ShardCallbacks> & {
  readonly intents: number;
  readonly sessionStore: SessionStore | undefined;
};
type ShardCallbacks = "onDispatch" | "onStateChange" | "onDisconnected";

/** What a fleet tells. */
export interface FleetHandlers {
  /** `isDecoded` is false when nobody wanted it, so that it has no data. */
  readonly onDispatch: (dispatch: Dispatch, isDecoded: boolean) => void;
  readonly onEvent: (event: GatewayEvent) => void;
  /** A new session of a shard knows its guilds; `signal` aborts when that session is over. */
  readonly onComplete: (shard: Shard, signal: AbortSignal) => void;
  /** Discord refused a shard for good. */
  readonly onFatal: (error: GatewayError) => void;
}

/** The shards of this process while the bot consists of so many. */
export interface Fleet {
  readonly shardCount: number;
  readonly shards: readonly Shard[];
  /** Resolves when every shard has been ready at the same time; rejects when the fleet ends before. */
  readonly ready: Promise<void>;
  /** Resolves when every shard has a session that knows its guilds; rejects when the fleet ends before. */
  readonly complete: Promise<void>;
  /** Starts the shards; those that have a session resume it. */
  connect(sessions: readonly (ShardSession | undefined)[]): void;
  /** The shard that a guild lives on; undefined when another process runs it. */
  shardOf(guildId: GuildId): Shard | undefined;
  /** Resolves when the shards have delivered what Discord had sent by now. */
  catchUp(): Promise<unknown>;
  /** Ends the shards. */
  close(keepSession: boolean, error: GatewayError): Promise<void>;
}

/** The intent without which Discord tells nothing of guilds. */
const GUILDS = 1;

/** A shard of a fleet, and how it comes to know its guilds. */
interface Member {
  readonly shard: Shard;
  readonly intake: GuildIntake;
}

/** What a member tells its fleet alone. */
interface MemberHandlers {
  readonly onReady: () => void;
  readonly onComplete: () => void;
}

function createMember(
  { shardId, shardCount }: ShardKey,
  { intents, sessionStore, ...shardParts }: FleetParts,
  handlers: FleetHandlers,
  { onReady, onComplete }: MemberHandlers,
): Member {
  const { clock, logger } = shardParts;
  let replayedEvents = 0;
  const intake = createGuildIntake({
    clock,
    hasGuilds: (intents & GUILDS) !== 0,
    onComplete(signal) {
      handlers.onComplete(shard, signal);
      onComplete();
    },
  });
  const shard: Shard = createShard({
    ...shardParts,
    shardId,
    shardCount,
    sessionSaver: sessionStore && createSessionSaver(sessionStore, { shardId, shardCount }, clock, logger),
    onDispatch(dispatch, isDecoded) {
      replayedEvents++;
      handlers.onDispatch(dispatch, isDecoded);
      intake.take(dispatch);
      if (dispatch.type === "READY") handlers.onEvent({ type: "ready", shardId });
      // RESUMED itself is not one of the replayed.
      else if (dispatch.type === "RESUMED") {
        handlers.onEvent({ type: "resumed", shardId, replayedEvents: replayedEvents - 1 });
      }
    },
    onStateChange(from, to) {
      if (to.status === "resuming") replayedEvents = 0;
      handlers.onEvent({ type: "shardStateChange", shardId, from, to: to.status });
      if (to.status === "closed" && to.reason.kind === "fatal") {
        handlers.onFatal(fatalCloseError(shardId, shardCount, to.reason.code, intents));
      }
      if (to.status === "ready") onReady();
    },
    onDisconnected(code, problem) {
      const error = disconnectedError(shardId, code, problem);
      if (error.details["isOwnDefect"] === true) logger.error(error.message, error.details);
      handlers.onEvent({ type: "disconnected", shardId, code, problem, error });
    },
  });
  return { shard, intake };
}

/** Builds a {@link Fleet}; nothing is sent before `connect`. */
export function createFleet(
  shardCount: number,
  shardIds: readonly number[],
  parts: FleetParts,
  handlers: FleetHandlers,
): Fleet {
  const ready = Promise.withResolvers<void>();
  const complete = Promise.withResolvers<void>();
  for (const { promise } of [ready, complete]) promise.catch(() => {}); // Whoever waits for it is told.
  const completed = new Set<number>();
  const members = shardIds.map((shardId) =>
    createMember({ shardId, shardCount }, parts, handlers, {
      onReady() {
        if (shards.every(({ state }) => state.status === "ready")) ready.resolve();
      },
      onComplete() {
        if (completed.add(shardId).size === shardIds.length) complete.resolve();
      },
    }),
  );
  const shards: readonly Shard[] = members.map(({ shard }) => shard);

  return {
    shardCount,
    shards,
    ready: ready.promise,
    complete: complete.promise,
    connect: (sessions) => shards.forEach((shard, index) => shard.connect(sessions[index])),
    shardOf(guildId) {
      const shardId = shardIdOf(guildId, shardCount);
      return shards.find((shard) => shard.id === shardId);
    },
    catchUp: () => Promise.all(shards.map((shard) => shard.catchUp())),
    async close(keepSession, error) {
      for (const { reject } of [ready, complete]) reject(error);
      for (const { intake } of members) intake.close();
      await Promise.all(shards.map((shard) => shard.close(keepSession, error)));
    },
  };
}
