import { z } from "zod";
import type { DecodedTrack } from "./track-codec.ts";

/** What a node tells about a track; unknown fields of other servers are kept. @see Lavalink docs, "Track Info" */
export const trackInfoSchema = z.looseObject({
  identifier: z.string(),
  isSeekable: z.boolean(),
  author: z.string(),
  /** Milliseconds; about 9.2e18 (rounded by JSON) for a live stream, and -1 on NodeLink where unknown. */
  length: z.number(),
  isStream: z.boolean(),
  /** Milliseconds. */
  position: z.number(),
  title: z.string(),
  uri: z.string().nullish(),
  artworkUrl: z.string().nullish(),
  isrc: z.string().nullish(),
  sourceName: z.string(),
});

/** What a node tells about a track. */
export type TrackInfo = z.output<typeof trackInfoSchema>;

const record = z.record(z.string(), z.unknown());

/** A track on the wire; NodeLink leaves out `userData`. @see Lavalink docs, "Track" */
export const trackSchema = z.looseObject({
  encoded: z.string(),
  info: trackInfoSchema,
  pluginInfo: record.nullish().transform((value) => value ?? {}),
  userData: record.nullish().transform((value) => value ?? {}),
});

/** A track on the wire. */
export type WireTrack = z.output<typeof trackSchema>;

/** The `info` of a decoded track as a node would send it; a stream's length loses its exactness here. */
export function trackInfoOf(track: DecodedTrack): TrackInfo {
  return {
    identifier: track.identifier,
    isSeekable: !track.isStream,
    author: track.author,
    length: Number(track.lengthMs),
    isStream: track.isStream,
    position: Number(track.positionMs),
    title: track.title,
    uri: track.uri,
    artworkUrl: track.artworkUrl,
    isrc: track.isrc,
    sourceName: track.sourceName,
  };
}
