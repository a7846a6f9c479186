import type { Dispatch, ShardSession } from "@antiphon/protocol/discord";
import { disconnectedError, fatalCloseError, type GatewayError } from "./gateway-error.ts";
import type { GatewayEvent } from "./gateway-event.ts";
import { createShard, type Shard, type ShardOptions } from "./shard.ts";
import { createSessionSaver } from "./session-saver.ts";
import type { SessionStore } from "./session-store.ts";

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
  /** Discord refused a shard for good. */
  readonly onFatal: (error: GatewayError) => void;
}

/** The shards of this process while the bot consists of so many. */
export interface Fleet {
  readonly shardCount: number;
  readonly shards: readonly Shard[];
  /** Resolves when every shard has been ready at the same time; rejects when the fleet ends before. */
  readonly ready: Promise<void>;
  /** Starts the shards; those that have a session resume it. */
  connect(sessions: readonly (ShardSession | undefined)[]): void;
  /** Resolves when the shards have delivered what Discord had sent by now. */
  catchUp(): Promise<unknown>;
  /** Ends the shards. */
  close(keepSession: boolean, error: GatewayError): Promise<void>;
}

/** Builds a {@link Fleet}; nothing is sent before `connect`. */
export function createFleet(
  shardCount: number,
  shardIds: readonly number[],
  parts: FleetParts,
  handlers: FleetHandlers,
): Fleet {
  const { intents, sessionStore, ...shardParts } = parts;
  const { clock, logger } = parts;
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});

  const build = (shardId: number): Shard => {
    let replayedEvents = 0;
    return createShard({
      ...shardParts,
      shardId,
      shardCount,
      sessionSaver: sessionStore && createSessionSaver(sessionStore, { shardId, shardCount }, clock, logger),
      onDispatch(dispatch, isDecoded) {
        replayedEvents++;
        handlers.onDispatch(dispatch, isDecoded);
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
        if (to.status === "ready" && shards.every((shard) => shard.state.status === "ready")) ready.resolve();
      },
      onDisconnected(code, problem) {
        const error = disconnectedError(shardId, code, problem);
        if (error.details["isOwnDefect"] === true) logger.error(error.message, error.details);
        handlers.onEvent({ type: "disconnected", shardId, code, problem, error });
      },
    });
  };
  const shards: readonly Shard[] = shardIds.map(build);

  return {
    shardCount,
    shards,
    ready: ready.promise,
    connect: (sessions) => shards.forEach((shard, index) => shard.connect(sessions[index])),
    catchUp: () => Promise.all(shards.map((shard) => shard.catchUp())),
    async close(keepSession, error) {
      ready.reject(error);
      await Promise.all(shards.map((shard) => shard.close(keepSession, error)));
    },
  };
}
