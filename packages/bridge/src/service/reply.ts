import { isAntiphonError } from "@antiphon/std";
import { z } from "zod";

/** The answer to a request, as it travels. */
export const replySchema = z.discriminatedUnion("ok", [
  z.looseObject({ ok: z.literal(true), data: z.unknown() }),
  z.looseObject({
    ok: z.literal(false),
    error: z.looseObject({
      /** What happened, in `UPPER_SNAKE`. */
      code: z.string(),
      message: z.string(),
      /** Whether the same request may succeed when it is made again. */
      retryable: z.boolean(),
    }),
  }),
]);

/** See {@link replySchema}. */
export type Reply = z.infer<typeof replySchema>;

/** An answer that says no. */
export function refusal(code: string, message: string, retryable = false): Reply {
  return { ok: false, error: { code, message, retryable } };
}

/** What the asker is told of a failure: the code and text of an Antiphon error, nothing of any other, which may hold a secret. */
export function refusalOf(error: unknown, what: string, otherCode = "SERVICE_FAILED"): Reply {
  if (isAntiphonError(error)) return refusal(error.code, error.message, error.retryable);
  return refusal(otherCode, `${what} failed.`, true);
}
