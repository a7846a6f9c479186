import {
  decodeTrack,
  encodeProbeDetails,
  encodeTrack,
  STREAM_LENGTH_MS,
  trackInfoOf,
  type WireLoadResult,
  type WireTrack,
} from "@antiphon/protocol/lavalink";

/** A track that the simulated node can load. */
export interface SimulatedTrack {
  /** What loads it, besides its title through a search. */
  readonly identifier: string;
  readonly title: string;
  readonly author: string;
  /** Null for a live stream. */
  readonly lengthMs: number | null;
  /** Defaults to `https://music.invalid/` and the identifier. */
  readonly uri?: string;
  readonly artworkUrl?: string;
  readonly isrc?: string;
}

/** What the node can load when nothing else is said. */
export const defaultTracks: readonly SimulatedTrack[] = [
  { identifier: "morning", title: "Morning Train", author: "The Simulated", lengthMs: 180_000 },
  { identifier: "harbour", title: "Harbour Lights", author: "The Simulated", lengthMs: 240_000 },
  { identifier: "rain", title: "Rain on Tin", author: "Ada Example", lengthMs: 95_000 },
  { identifier: "radio", title: "Night Radio", author: "Station One", lengthMs: null },
];

/** What the simulated node finds. */
export interface Catalogue {
  /** Adds a track and gives it as the node would. */
  add(track: SimulatedTrack): WireTrack;
  /** Answers an identifier with exactly this from now on. */
  setLoadResult(identifier: string, result: WireLoadResult): void;
  /** What `loadtracks` answers. */
  load(identifier: string): WireLoadResult;
}

/** A track as a node sends it. */
export function toWireTrack(encoded: string, userData: Readonly<Record<string, unknown>> = {}): WireTrack {
  return { encoded, info: trackInfoOf(decodeTrack(encoded)), pluginInfo: {}, userData };
}

/** A track in lavaplayer's form. */
export function encodeSimulated(track: SimulatedTrack): string {
  return encodeTrack({
    version: 3,
    title: track.title,
    author: track.author,
    lengthMs: track.lengthMs === null ? STREAM_LENGTH_MS : BigInt(track.lengthMs),
    identifier: track.identifier,
    isStream: track.lengthMs === null,
    uri: track.uri ?? `https://music.invalid/${encodeURIComponent(track.identifier)}`,
    artworkUrl: track.artworkUrl ?? null,
    isrc: track.isrc ?? null,
    sourceName: "http",
    details: encodeProbeDetails("mp3"),
    positionMs: 0n,
  });
}

/** Builds a {@link Catalogue}. */
export function createCatalogue(tracks: readonly SimulatedTrack[]): Catalogue {
  const byName = new Map<string, WireTrack>();
  const all = new Map<string, WireTrack>();
  const scripted = new Map<string, WireLoadResult>();

  const search = (query: string): WireLoadResult => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (track: WireTrack) => {
      const text = `${track.info.title} ${track.info.author}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const found = [...all.values()].filter(matches);
    return found.length === 0 ? { loadType: "empty", data: null } : { loadType: "search", data: found };
  };

  const catalogue: Catalogue = {
    add(track) {
      const wire = toWireTrack(encodeSimulated(track));
      all.set(track.identifier, wire);
      byName.set(track.identifier, wire).set(wire.info.uri ?? track.identifier, wire);
      return wire;
    },
    setLoadResult: (identifier, result) => void scripted.set(identifier, result),
    load(identifier) {
      const result = scripted.get(identifier);
      if (result !== undefined) return result;
      const track = byName.get(identifier);
      if (track !== undefined) return { loadType: "track", data: track };
      const query = /^[a-z]+search:(.*)$/s.exec(identifier)?.[1];
      return query === undefined ? { loadType: "empty", data: null } : search(query);
    },
  };
  for (const track of tracks) catalogue.add(track);
  return catalogue;
}
