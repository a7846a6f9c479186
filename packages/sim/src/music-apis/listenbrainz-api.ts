import type { KnownRecording, SimulatedListen } from "./catalogue.ts";
import type { ServiceAnswer, ServiceApi, ServiceWorld } from "./service-exchange.ts";

const MAXIMUM_LISTENS = 1_000;

function listenRow(user: string, { recording, atMs }: SimulatedListen) {
  return {
    listened_at: Math.floor(atMs / 1_000),
    recording_msid: recording.recordingId,
    user_name: user,
    track_metadata: {
      artist_name: recording.artist,
      track_name: recording.title,
      release_name: recording.album,
      additional_info: { duration_ms: recording.durationMs },
      mbid_mapping: {
        recording_mbid: recording.recordingId,
        artist_mbids: [recording.artistId],
        release_mbid: recording.releaseId,
      },
    },
  };
}

function listens(user: string, query: URLSearchParams, { catalogue }: ServiceWorld): ServiceAnswer {
  const count = Math.min(MAXIMUM_LISTENS, Number(query.get("count") ?? 25));
  const [maximum, minimum] = [query.get("max_ts"), query.get("min_ts")].map((text) =>
    text === null ? undefined : Number(text),
  );
  // Both bounds are exclusive.
  const rows = catalogue
    .listensOf(user)
    .map((listen) => listenRow(user, listen))
    .filter(({ listened_at: at }) => at < (maximum ?? Infinity) && at > (minimum ?? -Infinity));
  const kept = minimum !== undefined && maximum === undefined ? rows.slice(-count) : rows.slice(0, count);
  const latest = Math.floor((catalogue.listensOf(user)[0]?.atMs ?? 0) / 1_000);
  return {
    status: 200,
    body: { payload: { count: kept.length, user_id: user, latest_listen_ts: latest, listens: kept } },
  };
}

function tagRows({ tags }: KnownRecording): object[] {
  return Object.entries(tags).map(([tag, count]) => ({ tag, count: Math.ceil(count / 10) }));
}

function lookup(query: URLSearchParams, { catalogue }: ServiceWorld): ServiceAnswer {
  const found = catalogue.find(query.get("artist_name") ?? "", query.get("recording_name") ?? "", "listenbrainz");
  // Nothing found is an empty object.
  if (found === undefined) return { status: 200, body: {} };
  const body = {
    artist_credit_name: found.artist,
    artist_mbids: [found.artistId],
    recording_mbid: found.recordingId,
    recording_name: found.title,
    release_mbid: found.releaseId,
    release_name: found.album,
  };
  if (query.get("metadata") !== "true") return { status: 200, body };
  return { status: 200, body: { ...body, metadata: metadataOf(found) } };
}

function metadataOf(recording: KnownRecording) {
  return {
    recording: { length: recording.durationMs, name: recording.title, rels: [] },
    release: { mbid: recording.releaseId, name: recording.album, year: recording.year },
    tag: { artist: [], recording: tagRows(recording), release_group: [] },
  };
}

function topRecordings(artistId: string, { catalogue }: ServiceWorld): ServiceAnswer {
  const own = catalogue.recordings.filter((each) => each.artistId === artistId);
  const body = own.map((each) => ({
    artist_mbids: [each.artistId],
    artist_name: each.artist,
    length: each.durationMs,
    recording_mbid: each.recordingId,
    recording_name: each.title,
    release_mbid: each.releaseId,
    release_name: each.album,
    total_listen_count: 1,
    total_user_count: 1,
  }));
  return { status: 200, body };
}

function similarRecordings(recordingId: string | null, { catalogue }: ServiceWorld): ServiceAnswer {
  const of = catalogue.recordings.filter((each) => each.recordingId === recordingId);
  const rows = of.flatMap((each) => catalogue.similar(each));
  const body = rows.map(({ recording, match }) => ({
    recording_mbid: recording.recordingId,
    recording_name: recording.title,
    artist_credit_name: recording.artist,
    release_mbid: recording.releaseId,
    release_name: recording.album,
    score: Math.round(match * 1_000),
    reference_mbid: recordingId,
  }));
  return { status: 200, body };
}

/** ListenBrainz' API, version 1, and the data sets of similar artists and recordings from its labs. */
export const listenbrainzApi: ServiceApi = ({ path, query, headers }, world) => {
  const token = headers["authorization"];
  if (token !== undefined && token !== `Token ${world.credentials.listenBrainzToken}`)
    return { status: 401, body: { code: 401, error: "Invalid authorization token." } };
  const user = /^\/1\/user\/([^/]+)\/listens$/.exec(path)?.[1];
  if (user !== undefined) return listens(decodeURIComponent(user), query, world);
  if (path === "/1/metadata/lookup/") return lookup(query, world);
  if (path === "/1/metadata/recording/") {
    const ids = (query.get("recording_mbids") ?? "").split(",");
    const known = world.catalogue.recordings.filter((each) => ids.includes(each.recordingId));
    return { status: 200, body: Object.fromEntries(known.map((each) => [each.recordingId, metadataOf(each)])) };
  }
  const artistId = /^\/1\/popularity\/top-recordings-for-artist\/([^/]+)$/.exec(path)?.[1];
  if (artistId !== undefined) return topRecordings(decodeURIComponent(artistId), world);
  if (path === "/labs/similar-recordings/json") return similarRecordings(query.get("recording_mbids"), world);
  if (path === "/labs/similar-artists/json") {
    const of = world.catalogue.recordings.filter((each) => each.artistId === query.get("artist_mbids"));
    const rows = of.flatMap((each) => world.catalogue.similar(each));
    const body = rows.map(({ recording, match }) => ({
      artist_mbid: recording.artistId,
      name: recording.artist,
      score: Math.round(match * 1_000),
      reference_mbid: query.get("artist_mbids"),
    }));
    return { status: 200, body };
  }
  return { status: 404, body: { code: 404, error: "Not found" } };
};
