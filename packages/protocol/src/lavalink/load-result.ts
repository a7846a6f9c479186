import { z } from "zod";
import { trackExceptionSchema } from "./exception.ts";
import { trackSchema } from "./track.ts";

const playlistSchema = z.looseObject({
  info: z.looseObject({
    name: z.string(),
    /** Index of the track that the address pointed at, or -1. */
    selectedTrack: z.number(),
  }),
  pluginInfo: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
  tracks: z.array(trackSchema),
});

// Lavalink says data: null for nothing, its documentation {}; NodeLink names a failure `exception` instead of `data`.
const failedSchema = z
  .looseObject({
    loadType: z.literal("error"),
    data: trackExceptionSchema.nullish(),
    exception: trackExceptionSchema.nullish(),
  })
  .transform(({ loadType, data, exception }) => ({
    loadType,
    data: data ?? exception ?? { message: null, severity: "fault", cause: "The node gave no reason." },
  }));

/** The answer of `GET /v4/loadtracks`, of Lavalink or NodeLink. @see Lavalink docs, "Track Loading" */
export const loadResultSchema = z.discriminatedUnion("loadType", [
  z.looseObject({ loadType: z.literal("track"), data: trackSchema }),
  z.looseObject({ loadType: z.literal("playlist"), data: playlistSchema }),
  z.looseObject({ loadType: z.literal("search"), data: z.array(trackSchema) }),
  z
    .looseObject({ loadType: z.literal("empty"), data: z.unknown().optional() })
    .transform(() => ({ loadType: "empty" as const, data: null })),
  failedSchema,
]);

/** The answer of `GET /v4/loadtracks`. */
export type WireLoadResult = z.output<typeof loadResultSchema>;
