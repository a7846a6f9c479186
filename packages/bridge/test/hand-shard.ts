import type { GatewayRoleOptions, ShardConnection } from "../src/discord/index.ts";

/** A shard that is told its dispatches by hand. */
export interface HandShard extends ShardConnection {
  /** Resolves when the gateway role wants its dispatches. */
  readonly connected: Promise<void>;
  tell(type: string, sequence: number, data: unknown): void;
}

/** Builds a {@link HandShard}. */
export function createHandShard(shardId: number): HandShard {
  const connected = Promise.withResolvers<void>();
  let listen: Parameters<ShardConnection["subscribe"]>[0] = () => {};
  return {
    connected: connected.promise,
    tell: (type, sequence, data) => listen({ type, sequence, shardId, data }),
    connect: async () => connected.resolve(),
    subscribe(listener) {
      listen = listener;
      return { [Symbol.dispose]: () => {} };
    },
    send: async () => {},
    latencyMs: 1,
    closed: new Promise(() => {}),
    close: async () => {},
  };
}

/** What Discord says to a bot of so many shards that may identify as often as it likes. */
export function infoOf(shards: number): GatewayRoleOptions["gatewayInfo"] {
  const limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 };
  return async () => ({ shards, session_start_limit: limit });
}
