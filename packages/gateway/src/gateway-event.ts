import type { Dispatch, ShardStatus } from "@antiphon/protocol/discord";
import type { GatewayError } from "./gateway-error.ts";

/** Why a gateway ended. */
export type GatewayCloseReason =
  /** `close` was called. */
  | { readonly kind: "requested" }
  /** The signal of `connect` aborted before the shards were ready. */
  | { readonly kind: "aborted" }
  /** Discord refused for good. */
  | { readonly kind: "fatal"; readonly error: GatewayError };

/** Everything that a gateway tells. */
export type GatewayEvent =
  /** A shard went from one state to another. */
  | {
      readonly type: "shardStateChange";
      readonly shardId: number;
      readonly from: ShardStatus;
      readonly to: ShardStatus;
    }
  /** A shard started a new session. */
  | { readonly type: "ready"; readonly shardId: number }
  /** A shard took its session up again; `replayedEvents` were delivered since the connection was lost. */
  | { readonly type: "resumed"; readonly shardId: number; readonly replayedEvents: number }
  /** A connection was closed by Discord or by the network; 1006 when there was no close frame. */
  | {
      readonly type: "disconnected";
      readonly shardId: number;
      readonly code: number;
      readonly problem: string | undefined;
      /** The same as an error GATEWAY_DISCONNECTED: `closeCode`, `reason`, `isResumable` and `isOwnDefect` are in its details. */
      readonly error: GatewayError;
    }
  /** The bot now consists of another number of shards; the old ones are closed. */
  | { readonly type: "resharded"; readonly from: number; readonly to: number }
  /** An event of Discord's; {@link DispatchSource.subscribe} is the cheaper way to get them. */
  | { readonly type: "dispatch"; readonly dispatch: Dispatch }
  /** The gateway has ended. */
  | { readonly type: "closed"; readonly reason: GatewayCloseReason };
