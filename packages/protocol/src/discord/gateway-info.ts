import { z } from "zod";

const count = z.number().int().nonnegative();

/** What `GET /gateway/bot` answers: where to connect, with how many shards, and how many sessions may still be started. */
export const gatewayInfoSchema = z.looseObject({
  /** The WebSocket URL to connect to, without a query. */
  url: z.url({ protocol: /^wss?$/ }),
  /** The number of shards that Discord recommends. */
  shards: z.number().int().min(1),
  /** How many sessions may be started. */
  session_start_limit: z.looseObject({
    /** Sessions per 24 hours. */
    total: count,
    /** Sessions left of them. */
    remaining: count,
    /** Milliseconds until `remaining` is `total` again. */
    reset_after: z.number().nonnegative(),
    /** How many shards may identify in the same five seconds. */
    max_concurrency: z.number().int().min(1),
  }),
});

/** The answer of `GET /gateway/bot`. @see [Discord Docs/Gateway, "Get Gateway Bot"] */
export type GatewayInfo = z.infer<typeof gatewayInfoSchema>;

/** The part of READY that a shard needs in order to resume later. */
export const readyPayloadSchema = z.looseObject({
  session_id: z.string().min(1),
  resume_gateway_url: z.url({ protocol: /^wss?$/ }),
});
