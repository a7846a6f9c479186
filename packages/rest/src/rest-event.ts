import type { RestMethod } from "@antiphon/protocol/discord";

/** What a client tells beside its answers; paths carry no tokens. */
export type RestEvent =
  /** A 429 arrived. */
  | {
      readonly type: "rateLimited";
      readonly method: RestMethod;
      readonly path: string;
      /** `global` for the whole bot, `shared` for a resource that others use too, `user` for a bucket. */
      readonly scope: "global" | "shared" | "user";
      readonly retryAfterMs: number;
    }
  /** A request failed and will be sent again. */
  | {
      readonly type: "retry";
      readonly method: RestMethod;
      readonly path: string;
      /** How many attempts have failed. */
      readonly attempt: number;
      readonly delayMs: number;
      /** What went wrong, in a line. */
      readonly problem: string;
    };
