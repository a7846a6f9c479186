import type { KnownRecording } from "./catalogue.ts";
import type { ServiceAnswer, ServiceApi } from "./service-exchange.ts";

interface GraphQlBody {
  readonly query?: unknown;
  readonly variables?: Readonly<Record<string, unknown>>;
}

function analysisOf(recording: KnownRecording, isEnqueued: boolean): object {
  const { analysis } = recording;
  if (analysis === undefined)
    return { __typename: isEnqueued ? "AudioAnalysisV6Processing" : "AudioAnalysisV6NotStarted" };
  const result = {
    valence: analysis.valence,
    arousal: analysis.arousal,
    energyLevel: analysis.arousal > 0.3 ? "high" : analysis.arousal < -0.3 ? "low" : "medium",
    energyDynamics: "low",
    moodTags: [analysis.valence > 0 ? "happy" : "sad", analysis.arousal > 0 ? "energetic" : "calm"],
    genreTags: Object.keys(recording.tags).slice(0, 1),
    musicalEraTag: "2000s",
    bpmPrediction: { value: analysis.beatsPerMinute, confidence: 0.9 },
  };
  return { __typename: "AudioAnalysisV6Finished", result };
}

/** GraphQL answers with 200 whatever happened. */
function data(body: object): ServiceAnswer {
  return { status: 200, body: { data: body } };
}

function graphQlError(message: string): ServiceAnswer {
  return { status: 200, body: { errors: [{ message, extensions: { code: "BAD_REQUEST" } }], data: null } };
}

/** Cyanite's GraphQL API, as far as `libraryTrack`, `spotifyTrack` and `libraryTrackEnqueue` go. */
export const cyaniteApi: ServiceApi = ({ method, body, headers }, { catalogue, credentials, enqueued }) => {
  if (headers["authorization"] !== `Bearer ${credentials.cyaniteAccessToken}`)
    return {
      status: 401,
      body: { errors: [{ message: "Not authenticated", extensions: { code: "UNAUTHENTICATED" } }] },
    };
  const { query, variables = {} } = parse(body);
  if (method !== "POST" || typeof query !== "string") return graphQlError("Must provide query string.");
  const { id: given } = variables;
  const id = typeof given === "string" ? given : "";
  const field = /(libraryTrackEnqueue|libraryTrack|spotifyTrack)\s*\(/.exec(query)?.[1];
  if (field === undefined) return graphQlError("Cannot query that field.");
  const recording = catalogue.recordings.find((each) =>
    field === "spotifyTrack" ? each.spotifyId === id : each.libraryTrackId === id,
  );
  if (recording === undefined || recording.missingFrom.includes("cyanite")) {
    const kind = field === "spotifyTrack" ? "SpotifyTrackError" : "LibraryTrackNotFoundError";
    return data({ [field]: { __typename: kind, message: `Track ${id} was not found.` } });
  }
  if (field === "libraryTrackEnqueue") {
    enqueued.add(id);
    return data({ [field]: { __typename: "LibraryTrackEnqueueSuccess", enqueuedLibraryTrack: { id } } });
  }
  const audioAnalysisV6 = analysisOf(recording, enqueued.has(id));
  const kind = field === "spotifyTrack" ? "SpotifyTrack" : "LibraryTrack";
  return data({ [field]: { __typename: kind, id, title: recording.title, audioAnalysisV6 } });
};

function parse(body: string): GraphQlBody {
  try {
    return JSON.parse(body) as GraphQlBody;
  } catch {
    return {};
  }
}
