import type { WireLoadResult, WireTrack } from "@antiphon/protocol/lavalink";
import { createSeededRandom } from "@antiphon/std";
import { encodeSimulated, toWireTrack } from "./catalogue.ts";

/** Options of {@link createMockFactory}. */
export interface MockFactoryOptions {
  /** Factories of one seed make the same objects in the same order. Defaults to 1. */
  readonly seed?: number;
}

/** What a test track shall be; the factory makes up what is left out. */
export interface MockTrackOptions {
  readonly title?: string;
  readonly author?: string;
  /** Null for a live stream. */
  readonly lengthMs?: number | null;
}

type Playlist = Extract<WireLoadResult, { readonly loadType: "playlist" }>;
type SearchResult = Extract<WireLoadResult, { readonly loadType: "search" }>;

/** Makes test objects in Lavalink's own shapes, the same on every run; their `encoded` is real and can be played. */
export interface MockFactory {
  track(options?: MockTrackOptions): WireTrack;
  /** A playlist as `loadtracks` answers it. */
  playlist(name: string, count: number): Playlist;
  /** The answer to a search; every title has the query's words in it. */
  searchResults(query: string, count: number): SearchResult;
}

const ADJECTIVES = ["Quiet", "Golden", "Distant", "Electric", "Hollow", "Northern", "Paper", "Slow"];
const NOUNS = ["Harbour", "Orchard", "Signal", "Winter", "Mirror", "Station", "Garden", "River"];
const FAMILIES = ["Lind", "Okafor", "Marsh", "Tanaka", "Vega", "Novak"];

/** Builds a {@link MockFactory}. */
export function createMockFactory({ seed = 1 }: MockFactoryOptions = {}): MockFactory {
  const random = createSeededRandom(seed);
  let count = 0;
  const track = ({ title, author, lengthMs }: MockTrackOptions = {}): WireTrack => {
    // Always drawn, so that what a test says does not change what comes after.
    const madeUp = {
      title: `${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}`,
      author: `The ${random.pick(FAMILIES)}s`,
      lengthMs: random.integer(90, 360) * 1000,
    };
    return toWireTrack(
      encodeSimulated({
        identifier: `mock-${seed}-${++count}`,
        title: title ?? madeUp.title,
        author: author ?? madeUp.author,
        lengthMs: lengthMs === undefined ? madeUp.lengthMs : lengthMs,
      }),
    );
  };
  return {
    track,
    playlist(name, length) {
      const tracks = Array.from({ length }, () => track());
      return { loadType: "playlist", data: { info: { name, selectedTrack: -1 }, pluginInfo: {}, tracks } };
    },
    searchResults(query, length) {
      const data = Array.from({ length }, (_, index) => track({ title: `${query} ${index + 1}` }));
      return { loadType: "search", data };
    },
  };
}
