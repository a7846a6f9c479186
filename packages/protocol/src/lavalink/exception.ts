import { z } from "zod";

/** Why a track failed, as the node tells it; `causeStackTrace` came with 4.1.0. @see Lavalink docs, "Exception Object" */
export const trackExceptionSchema = z.looseObject({
  message: z.string().nullish(),
  /** `common` is the track's fault, `suspicious` maybe the node's, `fault` the node's. */
  severity: z.string(),
  cause: z.string(),
  causeStackTrace: z.string().nullish(),
});

/** Why a track failed. */
export type TrackException = z.output<typeof trackExceptionSchema>;

/** The body of every answer that is not 2xx. @see Lavalink docs, "Error Responses" */
export const errorBodySchema = z.looseObject({
  /** Milliseconds since the Unix epoch. */
  timestamp: z.number(),
  status: z.number(),
  error: z.string(),
  message: z.string().nullish(),
  path: z.string(),
  trace: z.string().nullish(),
});

/** The body of every answer that is not 2xx. */
export type ErrorBody = z.output<typeof errorBodySchema>;
