import type { ShardStatus } from "@antiphon/protocol/discord";

/** What one shard has done so far. */
export interface ShardStats {
  readonly shardId: number;
  readonly status: ShardStatus;
  /** Mean round trip of the last five heartbeats; undefined before the first. */
  readonly latencyMs: number | undefined;
  /** The sequence number of the last dispatch; undefined without a session. */
  readonly sequence: number | undefined;
  /** Commands that wait for the send limit or for a connection. */
  readonly queuedCommands: number;
  /** Dispatches handed to subscribers. */
  readonly dispatches: number;
  /** Dispatches that came a second time and were dropped. */
  readonly duplicates: number;
  /** Messages that were no gateway frames and were dropped. */
  readonly malformedFrames: number;
  /** Dispatches whose payload was not parsed, because no subscriber wanted it. */
  readonly undecodedDispatches: number;
  /** Bytes received, before decompression. */
  readonly receivedBytes: number;
  /** Frames sent, heartbeats included. */
  readonly sentFrames: number;
  /** Sockets opened. */
  readonly connections: number;
  /** Op 2 sent; Discord allows 1,000 in 24 hours. */
  readonly identifies: number;
  /** Op 6 sent. */
  readonly resumes: number;
}

/** What a gateway has done so far. */
export interface GatewayStats {
  /** Of how many shards the bot consists; 0 before `connect`. */
  readonly shardCount: number;
  /** The shards of this process. */
  readonly shards: readonly ShardStats[];
  /** Mean of the shards' latencies. */
  readonly latencyMs: number | undefined;
  /** Events that slow readers of `events()` have lost. */
  readonly droppedEvents: number;
  /** Errors that subscribers threw. */
  readonly subscriberErrors: number;
}
