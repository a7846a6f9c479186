import { z } from "zod";

/** A thing that plays: `type` is `yt`, `cm`, `fi`, …, and `seconds` is 0 for a live stream. */
export const cytubeMediaSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  seconds: z.number(),
  /** `02:00`, or `--:--` for a live stream. */
  duration: z.string().optional(),
  type: z.string(),
  meta: z.looseObject({}).optional(),
});

/** See {@link cytubeMediaSchema}. */
export type CytubeMedia = z.infer<typeof cytubeMediaSchema>;

/** An item of the playlist. `uid` counts from 0 each time that the channel loads, so 0 is a uid as any other. */
export const playlistItemSchema = z.looseObject({
  media: cytubeMediaSchema,
  uid: z.number(),
  temp: z.boolean(),
  queueby: z.string(),
});

/** See {@link playlistItemSchema}. */
export type PlaylistItem = z.infer<typeof playlistItemSchema>;

/** Where an item goes: behind the item of this uid, or to an end. */
export const playlistPlaceSchema = z.union([z.number(), z.enum(["prepend", "append"])]);

/** See {@link playlistPlaceSchema}. */
export type PlaylistPlace = z.infer<typeof playlistPlaceSchema>;
