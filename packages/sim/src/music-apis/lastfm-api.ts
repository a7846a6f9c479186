import type { KnownRecording } from "./catalogue.ts";
import type { ServiceAnswer, ServiceApi, ServiceWorld } from "./service-exchange.ts";

const statuses: Readonly<Record<number, number>> = { 6: 404, 10: 403, 26: 403, 29: 429, 8: 500, 11: 503, 16: 503 };

const messages: Readonly<Record<number, string>> = {
  3: "Invalid Method - No method with that name in this package",
  6: "Track not found",
  8: "Operation failed - Something else went wrong",
  10: "Invalid API key - You must be granted a valid key by last.fm",
  11: "Service Offline - This service is temporarily offline. Try again later.",
  16: "The service is temporarily unavailable, please try again.",
  26: "Suspended API key - Access for your account has been suspended",
  29: "Rate Limit Exceeded - Your IP has made too many requests in a short period",
};

/** An error as Last.fm writes it. */
export function lastfmError(code: number, status = statuses[code] ?? 400): ServiceAnswer {
  return { status, body: { error: code, message: messages[code] ?? "Error" } };
}

const image = [{ size: "small", "#text": "https://example.invalid/34s.png" }];

function topTags(recordings: readonly KnownRecording[], attributes: object): ServiceAnswer {
  const counts = new Map<string, number>();
  for (const { tags } of recordings)
    for (const [name, count] of Object.entries(tags)) counts.set(name, Math.max(count, counts.get(name) ?? 0));
  const tag = [...counts]
    .toSorted(([, left], [, right]) => right - left)
    .map(([name, count]) => ({ count, name, url: `https://www.last.fm/tag/${encodeURIComponent(name)}` }));
  return { status: 200, body: { toptags: { tag, "@attr": attributes } } };
}

function similarTracks(recording: KnownRecording, limit: number, { catalogue }: ServiceWorld): ServiceAnswer {
  const track = catalogue
    .similar(recording)
    .slice(0, limit)
    .map(({ recording: other, match }, index) => ({
      name: other.title,
      playcount: 1_000,
      mbid: other.recordingId,
      // Both forms have been seen.
      match: index % 2 === 0 ? match : String(match),
      url: "https://www.last.fm/music",
      streamable: { "#text": "0", fulltrack: "0" },
      duration: other.durationMs / 1_000,
      artist: { name: other.artist, mbid: other.artistId, url: "https://www.last.fm/music" },
      image,
    }));
  return { status: 200, body: { similartracks: { track, "@attr": { artist: recording.artist } } } };
}

function similarArtists(artist: string, limit: number, { catalogue }: ServiceWorld): ServiceAnswer {
  const own = catalogue.recordings.filter((each) => each.artist.toLowerCase() === artist.toLowerCase());
  const best = new Map<string, { readonly name: string; readonly mbid: string; readonly match: number }>();
  for (const recording of own)
    for (const { recording: other, match } of catalogue.similar(recording))
      if (match > (best.get(other.artist)?.match ?? 0))
        best.set(other.artist, { name: other.artist, mbid: other.artistId, match });
  best.delete(own[0]?.artist ?? "");
  const found = [...best.values()].toSorted((left, right) => right.match - left.match).slice(0, limit);
  const list = found.map(({ name, mbid, match }) => ({
    name,
    mbid,
    match: String(match),
    url: "https://www.last.fm/music",
  }));
  return { status: 200, body: { similarartists: { artist: list, "@attr": { artist } } } };
}

function recentTracks(query: URLSearchParams, { catalogue }: ServiceWorld): ServiceAnswer {
  const user = query.get("user") ?? "";
  const limit = Math.min(200, Number(query.get("limit") ?? 50));
  const page = Number(query.get("page") ?? 1);
  const fromMs = Number(query.get("from") ?? 0) * 1_000;
  const toMs = Number(query.get("to") ?? Number.MAX_SAFE_INTEGER) * 1_000;
  const listens = catalogue.listensOf(user).filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const row = (recording: KnownRecording) => ({
    artist: { mbid: recording.artistId, "#text": recording.artist },
    streamable: "0",
    image,
    mbid: recording.recordingId,
    album: { mbid: recording.releaseId, "#text": recording.album },
    name: recording.title,
    url: "https://www.last.fm/music",
  });
  const rows: object[] = listens.slice((page - 1) * limit, page * limit).map(({ recording, atMs }) => ({
    ...row(recording),
    date: { uts: String(Math.floor(atMs / 1_000)), "#text": new Date(atMs).toUTCString() },
  }));
  const now = catalogue.nowPlayingOf(user);
  // What plays now has no date and comes on top of the limit, whatever page was asked for.
  if (now !== undefined) rows.unshift({ ...row(now), "@attr": { nowplaying: "true" } });
  const attributes = {
    user,
    totalPages: String(Math.ceil(listens.length / limit)),
    page: String(page),
    perPage: String(limit),
    total: String(listens.length),
  };
  // A list of one is not written as a list.
  return { status: 200, body: { recenttracks: { track: rows.length === 1 ? rows[0] : rows, "@attr": attributes } } };
}

/** Last.fm's web service, version 2.0. */
export const lastfmApi: ServiceApi = ({ query }, world) => {
  if (query.get("api_key") !== world.credentials.lastfmApiKey) return lastfmError(10);
  const [artist, title] = [query.get("artist") ?? "", query.get("track") ?? ""];
  const limit = Number(query.get("limit") ?? 100);
  const recording = world.catalogue.find(artist, title, "lastfm");
  const byArtist = world.catalogue.recordings.filter((each) => each.artist.toLowerCase() === artist.toLowerCase());
  switch (query.get("method")?.toLowerCase()) {
    case "track.gettoptags":
      return recording === undefined ? lastfmError(6) : topTags([recording], { artist, track: title });
    case "artist.gettoptags":
      return byArtist.length === 0 ? lastfmError(6) : topTags(byArtist, { artist });
    case "track.getsimilar":
      return recording === undefined ? lastfmError(6) : similarTracks(recording, limit, world);
    case "artist.getsimilar":
      return byArtist.length === 0 ? lastfmError(6) : similarArtists(artist, limit, world);
    case "user.getrecenttracks":
      return recentTracks(query, world);
    default:
      return lastfmError(3);
  }
};
