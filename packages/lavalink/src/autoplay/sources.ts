import type { Track } from "../track.ts";

/** Where autoplay may take tracks from. Denied beats allowed; with an empty allow list everything else is allowed. */
export interface AutoplaySources {
  /** Allows a host with its subdomains (`youtube.com`) or a node's source by name (`youtube`). */
  allow(place: string): void;
  /** Forbids a host with its subdomains, or a node's source. */
  deny(place: string): void;
  allows(track: Track): boolean;
}

/** Options of {@link createAutoplaySources}. */
export interface AutoplaySourcesOptions {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** Builds {@link AutoplaySources} that both lists start. */
export function createAutoplaySources({ allow = [], deny = [] }: AutoplaySourcesOptions = {}): AutoplaySources {
  const clean = (place: string) =>
    place
      .trim()
      .toLowerCase()
      .replace(/^www\./u, "");
  const allowed = new Set(allow.map(clean));
  const denied = new Set(deny.map(clean));
  return {
    allow: (place) => void allowed.add(clean(place)),
    deny: (place) => void denied.add(clean(place)),
    allows({ info }) {
      const places = [info.sourceName.toLowerCase(), ...hostsOf(info.uri)];
      if (places.some((place) => denied.has(place))) return false;
      return allowed.size === 0 || places.some((place) => allowed.has(place));
    },
  };
}

/** A host and every domain above it, without the last part alone. */
function hostsOf(uri: string | null | undefined): readonly string[] {
  if (uri === null || uri === undefined || !URL.canParse(uri)) return [];
  const labels = new URL(uri).hostname.toLowerCase().split(".");
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
}
