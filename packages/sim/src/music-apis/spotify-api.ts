import type { KnownRecording } from "./catalogue.ts";
import type { ServiceAnswer, ServiceApi, ServiceWorld } from "./service-exchange.ts";

const TOKEN_LIFE_SECONDS = 3_600;

function token(
  { body, headers }: { readonly body: string; readonly headers: Readonly<Record<string, string | undefined>> },
  world: ServiceWorld,
): ServiceAnswer {
  const { spotifyClientId, spotifyClientSecret } = world.credentials;
  const basic = Buffer.from(`${spotifyClientId}:${spotifyClientSecret}`).toString("base64");
  if (headers["authorization"] !== `Basic ${basic}`)
    return { status: 400, body: { error: "invalid_client", error_description: "Invalid client secret" } };
  if (new URLSearchParams(body).get("grant_type") !== "client_credentials")
    return { status: 400, body: { error: "unsupported_grant_type" } };
  const accessToken = `simulated-token-${++world.tokenCount}`;
  world.spotifyTokens.set(accessToken, world.clock.now() + TOKEN_LIFE_SECONDS * 1_000);
  return { status: 200, body: { access_token: accessToken, token_type: "Bearer", expires_in: TOKEN_LIFE_SECONDS } };
}

function item(recording: KnownRecording) {
  return {
    id: recording.spotifyId,
    name: recording.title,
    duration_ms: recording.durationMs,
    explicit: false,
    external_ids: { isrc: recording.isrc },
    artists: [{ id: recording.artistId, name: recording.artist }],
    album: { id: recording.releaseId, name: recording.album, release_date: `${recording.year}-05-01` },
  };
}

function search(query: URLSearchParams, { catalogue }: ServiceWorld): ServiceAnswer {
  const text = query.get("q") ?? "";
  const field = (name: string) => new RegExp(`${name}:(?:"([^"]*)"|(\\S+))`).exec(text)?.slice(1).find(Boolean);
  const isrc = field("isrc");
  const found = catalogue.recordings.filter((each) =>
    isrc === undefined
      ? each === catalogue.find(field("artist") ?? "", field("track") ?? "", "spotify")
      : each.isrc === isrc && !each.missingFrom.includes("spotify"),
  );
  return {
    status: 200,
    body: { tracks: { items: found.map(item), total: found.length, limit: 20, offset: 0, next: null } },
  };
}

/** What is left of Spotify's Web API to a new application: a token for itself, and the search. */
export const spotifyApi: ServiceApi = (request, world) => {
  if (request.path === "/api/token") return token(request, world);
  const given = request.headers["authorization"]?.replace(/^Bearer /, "") ?? "";
  if ((world.spotifyTokens.get(given) ?? 0) <= world.clock.now())
    return { status: 401, body: { error: { status: 401, message: "The access token expired" } } };
  if (request.path === "/v1/search") return search(request.query, world);
  // Gone for new applications since 2024-11-27.
  return { status: 403, body: { error: { status: 403, message: "Forbidden" } } };
};
