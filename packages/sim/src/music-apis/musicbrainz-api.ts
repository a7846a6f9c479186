import type { KnownRecording } from "./catalogue.ts";
import type { ServiceAnswer, ServiceApi } from "./service-exchange.ts";

const notFound: ServiceAnswer = {
  status: 404,
  body: { error: "Not Found", help: "For usage, please see: https://musicbrainz.org/development/mmd" },
};

/** `artist:"x"` of a Lucene query, with its escapes taken back. */
function fieldOf(query: string, field: string): string {
  const quoted = new RegExp(`${field}:"((?:[^"\\\\]|\\\\.)*)"`).exec(query)?.[1] ?? "";
  return quoted.replaceAll(/\\(.)/g, "$1");
}

function tagsOf({ tags }: KnownRecording): object[] {
  return Object.entries(tags).map(([name, count]) => ({ count: Math.ceil(count / 10), name }));
}

function recordingRow(recording: KnownRecording) {
  return {
    id: recording.recordingId,
    title: recording.title,
    length: recording.durationMs,
    disambiguation: "",
    video: null,
    "artist-credit": [{ name: recording.artist, artist: { id: recording.artistId, name: recording.artist } }],
    releases: [
      { id: recording.releaseId, title: recording.album, date: `${recording.year}-05-01`, status: "Official" },
    ],
    tags: tagsOf(recording),
  };
}

/** MusicBrainz' web service, version 2. */
export const musicbrainzApi: ServiceApi = ({ path, query }, { catalogue }) => {
  if (query.get("fmt") !== "json") return { status: 406, body: { error: "Only fmt=json is simulated." } };
  if (path === "/recording") {
    const text = query.get("query") ?? "";
    const [artist, title] = [fieldOf(text, "artist"), fieldOf(text, "recording")];
    const found = catalogue.find(artist, title, "musicbrainz");
    // A search that matches nothing well still finds something, with a low score.
    const others = catalogue.recordings.filter(
      (each) => each !== found && each.artist.toLowerCase() === artist.toLowerCase(),
    );
    const recordings = [
      ...(found === undefined ? [] : [{ ...recordingRow(found), score: 100 }]),
      ...others.map((each) => ({ ...recordingRow(each), score: 42 })),
    ].slice(0, Number(query.get("limit") ?? 25));
    return {
      status: 200,
      body: { created: "2026-01-01T00:00:00.000Z", count: recordings.length, offset: 0, recordings },
    };
  }
  const id = /^\/recording\/([\da-f-]{36})$/.exec(path)?.[1];
  const recording = catalogue.recordings.find((each) => each.recordingId === id);
  if (recording === undefined || recording.missingFrom.includes("musicbrainz")) return notFound;
  const body = { ...recordingRow(recording), isrcs: [recording.isrc], genres: tagsOf(recording).slice(0, 1) };
  return { status: 200, body: { ...body, "first-release-date": `${recording.year}-05-01` } };
};

/** What MusicBrainz says to a client that is too fast. */
export const musicbrainzTooFast: ServiceAnswer = {
  status: 503,
  body: {
    error:
      "Your requests are exceeding the allowable rate limit. Please see http://wiki.musicbrainz.org/XMLWebService for more information.",
  },
};

/** Whether a user agent names an application and a way to reach who runs it. */
export function isDescriptiveUserAgent(userAgent: string | undefined): boolean {
  return userAgent !== undefined && /^[^\s/]\S*\/\S+ \( ?\S+.*\)$/.test(userAgent);
}
