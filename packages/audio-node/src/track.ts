import {
  STREAM_LENGTH_MS,
  decodeTrack,
  encodeProbeDetails,
  encodeTrack,
  trackInfoOf,
  type WireTrack,
} from "@antiphon/protocol/lavalink";
import type { AudioSourceInfo } from "@antiphon/voice/source";

/** A track and what the client attached to it. */
export type Track = WireTrack;

/** Where a track's audio is. */
export interface TrackPlace {
  readonly sourceName: "local" | "http";
  /** The path inside the music directory, or the address. */
  readonly identifier: string;
}

/** Containers for which lavaplayer has another name. @see MediaContainer, lavaplayer */
const PROBES: ReadonlyMap<string, string> = new Map([
  ["webm", "matroska/webm"],
  ["aac", "adts"],
]);

/** The name to show for audio without a title: the last part of its path, without its ending. */
function titleOf(identifier: string): string {
  const path = identifier.replace(/[?#].*$/s, "").replace(/\/+$/, "");
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.[a-z0-9]{2,4}$/i, "");
  try {
    return decodeURIComponent(name) || "Unknown title";
  } catch {
    return name;
  }
}

/** Makes the track of a place and what its audio says about itself. */
export function createTrack({ sourceName, identifier }: TrackPlace, info: AudioSourceInfo): Track {
  const encoded = encodeTrack({
    version: 3,
    title: info.title ?? titleOf(identifier),
    author: info.artist ?? "Unknown artist",
    lengthMs: info.durationMs === null ? STREAM_LENGTH_MS : BigInt(info.durationMs),
    identifier,
    isStream: info.isLive,
    uri: identifier,
    artworkUrl: null,
    isrc: null,
    sourceName,
    details: encodeProbeDetails(PROBES.get(info.container) ?? info.container),
    positionMs: 0n,
  });
  return readTrack(encoded);
}

/** Reads an encoded track; throws a TrackCodecError for anything else. */
export function readTrack(encoded: string): Track {
  return { encoded, info: trackInfoOf(decodeTrack(encoded)), pluginInfo: {}, userData: {} };
}

/** JSON for the wire. A live stream's length is Java's largest long, which a JavaScript number cannot hold exactly. */
export function toWireJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('"length":9223372036854776000', `"length":${STREAM_LENGTH_MS}`);
}
