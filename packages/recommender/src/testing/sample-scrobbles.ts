import { createSeededRandom } from "@antiphon/std";

/** One scrobble of a sample, as an export of Last.fm has it. */
export interface SampleScrobble {
  readonly username: string;
  readonly artist: string;
  readonly album: string;
  readonly title: string;
  /** Milliseconds since the Unix epoch. */
  readonly playedAtMs: number;
  /** Milliseconds. */
  readonly durationMs: number;
}

/** Options of {@link sampleScrobbles}. */
export interface SampleScrobblesOptions {
  /** How many; at least 0. Defaults to 100. */
  readonly count?: number;
  /** Another seed gives other scrobbles; the same gives the same. Defaults to 1. */
  readonly seed?: number;
  /** Whose they are. Defaults to `ada`. */
  readonly username?: string;
  /** When the first was played, in milliseconds since the Unix epoch. Defaults to 2025-01-01T18:00:00Z. */
  readonly startMs?: number;
}

const artists = [
  "Aurora Field",
  "The Lanterns",
  "Iron Orchard",
  "Discotheque Nine",
  "Björk Nærvik",
  "東京灯台",
  "Glass, Inc.",
];
const words = [
  "First Light",
  "Harbour",
  "Furnace",
  "Glitter Rain",
  'The "Quiet" Part',
  "Tidewater",
  "Ünder",
  "Paper Moon (Live)",
];
const ALBUMS_PER_ARTIST = 2;
const SESSION_LENGTH = 12;

/**
 * Made-up scrobbles for tests, oldest first: evenings of a listener who has favourites, stays with an artist and plays some tracks
 * again. Names have commas, quotes and letters of several scripts.
 */
export function sampleScrobbles(options: SampleScrobblesOptions = {}): SampleScrobble[] {
  const { count = 100, seed = 1, username = "ada", startMs = Date.UTC(2025, 0, 1, 18) } = options;
  const random = createSeededRandom(seed);
  // The square makes the first of each list the favourites.
  const pick = (list: readonly string[]) => Math.floor(random.next() ** 2 * list.length);
  let artist = pick(artists);
  let playedAtMs = startMs;
  return Array.from({ length: count }, (_, index) => {
    const isNewSession = index > 0 && index % SESSION_LENGTH === 0;
    if (isNewSession) playedAtMs += 20 * 3_600_000;
    if (isNewSession || random.next() < 0.5) artist = pick(artists);
    const word = pick(words);
    const durationMs = 150_000 + 10_000 * ((artist + word * 3) % 15);
    const album = `${artists[artist]} ${(word % ALBUMS_PER_ARTIST) + 1}`;
    const scrobble = {
      username,
      artist: artists[artist] ?? "",
      album,
      title: words[word] ?? "",
      playedAtMs,
      durationMs,
    };
    playedAtMs += durationMs;
    return scrobble;
  });
}

/** Scrobbles as the CSV that Last.fm's exporters write: artist, album, track, date. */
export function toScrobblesCsv(scrobbles: readonly SampleScrobble[]): string {
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = scrobbles.map(({ artist, album, title, playedAtMs }) => {
    const date = new Date(playedAtMs).toISOString().slice(0, 19).replace("T", " ");
    return [artist, album, title, date].map(quoted).join(",");
  });
  return ["artist,album,track,date", ...lines, ""].join("\n");
}
