import { z } from "zod";
import { isRecord } from "./is-record.ts";
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

/**
 * Whether a value is a track by its plainest reading, without a schema's cost; what is not may still be one, see {@link trackSchema}.
 */
export function isPlainTrack(value: unknown): value is WireTrack {
  return (
    isRecord(value) &&
    typeof value["encoded"] === "string" &&
    isRecord(value["pluginInfo"]) &&
    isRecord(value["userData"]) &&
    isTrackInfo(value["info"])
  );
}

function isTrackInfo(value: unknown): value is TrackInfo {
  return (
    isRecord(value) &&
    typeof value["identifier"] === "string" &&
    typeof value["isSeekable"] === "boolean" &&
    typeof value["author"] === "string" &&
    Number.isFinite(value["length"]) &&
    typeof value["isStream"] === "boolean" &&
    Number.isFinite(value["position"]) &&
    typeof value["title"] === "string" &&
    isOptionalText(value["uri"]) &&
    isOptionalText(value["artworkUrl"]) &&
    isOptionalText(value["isrc"]) &&
    typeof value["sourceName"] === "string"
  );
}

function isOptionalText(value: unknown): boolean {
  return typeof value === "string" || value === null || value === undefined;
}

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
