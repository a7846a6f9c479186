import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "@antiphon/std";
import { z } from "zod";
import { RecommenderError } from "../error.ts";
import { toTags, type MetadataProvider, type MetadataTag } from "./metadata-provider.ts";
import { createServiceCaller, secretOption, type ServiceOptions } from "./service-caller.ts";

/** Options of {@link createCyaniteClient}. */
export interface CyaniteOptions extends ServiceOptions {
  /** The access token of the integration. */
  readonly accessToken: string | Secret;
  /** Defaults to `https://api.cyanite.ai/graphql`. */
  readonly baseUrl?: string | undefined;
}

/** What Cyanite heard in a track. */
export interface CyaniteAnalysis {
  /** From -1, unpleasant, to 1. */
  readonly valence: number;
  /** From -1, quiet, to 1. */
  readonly arousal: number;
  /** Moods and genres, each with full weight. */
  readonly tags: readonly MetadataTag[];
  readonly beatsPerMinute: number | undefined;
}

/** Which track is meant: one of the library there, or one of Spotify's. */
export type CyaniteTrack = { readonly libraryTrackId: string } | { readonly spotifyId: string };

/** A client of Cyanite. Its calls reject with RECOMMENDER_API_… */
export interface CyaniteClient extends MetadataProvider {
  /** A track's analysis; undefined when there is no such track, or no analysis of it yet. */
  analysis(
    track: CyaniteTrack,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<CyaniteAnalysis | undefined>;
  /** Asks for the analysis of a track in the library; false when there is no such track. */
  enqueue(libraryTrackId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<boolean>;
}

const analysisFields = `audioAnalysisV6 { __typename
  ... on AudioAnalysisV6Finished { result { valence arousal moodTags genreTags bpmPrediction { value } } }
  ... on AudioAnalysisV6Failed { error { message } } }`;
const queries = {
  libraryTrack: `query ($id: ID!) { libraryTrack(id: $id) { __typename ... on LibraryTrack { ${analysisFields} } } }`,
  spotifyTrack: `query ($id: ID!) { spotifyTrack(id: $id) { __typename ... on SpotifyTrack { ${analysisFields} } } }`,
  libraryTrackEnqueue: `mutation ($id: ID!) { libraryTrackEnqueue(input: { libraryTrackId: $id }) { __typename } }`,
};

const share = z.number().min(-1).max(1);
const node = z.looseObject({
  __typename: z.string(),
  audioAnalysisV6: z
    .looseObject({
      __typename: z.string(),
      result: z
        .looseObject({
          valence: share,
          arousal: share,
          moodTags: z.array(z.string()).nullish(),
          genreTags: z.array(z.string()).nullish(),
          bpmPrediction: z.looseObject({ value: z.number().nullish() }).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});
const answerSchema = z.looseObject({
  data: z.record(z.string(), node.nullish()).nullish(),
  errors: z.array(z.looseObject({ message: z.string() })).optional(),
});

/** Builds a {@link CyaniteClient}. @throws RecommenderError RECOMMENDER_OPTIONS_INVALID */
export function createCyaniteClient(options: CyaniteOptions): CyaniteClient {
  const { baseUrl: url = "https://api.cyanite.ai/graphql" } = options;
  const accessToken = secretOption("Cyanite's accessToken", options.accessToken);
  const caller = createServiceCaller({ service: "cyanite", minIntervalMs: 150, secrets: [accessToken] }, options);

  const ask = async (field: keyof typeof queries, id: string, signal: AbortSignal | undefined, isCached: boolean) => {
    const answer = await caller.call(
      {
        method: "POST",
        url,
        headers: { "content-type": "application/json", authorization: `Bearer ${accessToken.reveal()}` },
        body: JSON.stringify({ query: queries[field], variables: { id } }),
        schema: answerSchema,
        isCached,
      },
      { signal },
    );
    const [error] = answer?.errors ?? [];
    if (error === undefined) return answer?.data?.[field] ?? undefined;
    // GraphQL says 200 whatever happened.
    const message = `cyanite refuses the query: ${error.message.slice(0, 200)}`;
    throw new RecommenderError("RECOMMENDER_API_REFUSED", message, { details: { service: "cyanite" } });
  };
  const client: CyaniteClient = {
    name: "cyanite",
    async analysis(track, { signal } = {}) {
      const isLibrary = "libraryTrackId" in track;
      const id = isLibrary ? track.libraryTrackId : track.spotifyId;
      // Not kept: the answer changes when the analysis is done.
      const found = await ask(isLibrary ? "libraryTrack" : "spotifyTrack", id, signal, false);
      const result = found?.audioAnalysisV6?.result;
      if (result === null || result === undefined) return undefined;
      const names = [...(result.moodTags ?? []), ...(result.genreTags ?? [])];
      return {
        valence: result.valence,
        arousal: result.arousal,
        tags: toTags(names.map((name) => ({ name, count: 1 }))),
        beatsPerMinute: result.bpmPrediction?.value ?? undefined,
      };
    },
    async enqueue(libraryTrackId, { signal } = {}) {
      const answer = await ask("libraryTrackEnqueue", libraryTrackId, signal, false);
      return answer?.__typename === "LibraryTrackEnqueueSuccess";
    },
    async describe({ libraryTrackId, spotifyId }, callOptions) {
      const track =
        libraryTrackId !== undefined ? { libraryTrackId } : spotifyId !== undefined ? { spotifyId } : undefined;
      const found = track && (await client.analysis(track, callOptions));
      if (found === undefined) return undefined;
      const { valence, arousal, tags, beatsPerMinute } = found;
      return { heardMood: { valence, arousal }, tags, beatsPerMinute };
    },
    stats: caller.stats,
    close: caller.close,
    [Symbol.asyncDispose]: caller.close,
  };
  return client;
}

/** The longest webhook body that is looked at, in bytes. */
const WEBHOOK_LIMIT_BYTES = 64 * 1_024;

/** Whether a webhook's body was signed by Cyanite with the secret of the integration (HMAC-SHA512 in hexadecimal digits). */
export function isCyaniteWebhook(body: Uint8Array, signature: string | undefined, secret: string | Secret): boolean {
  if (body.length > WEBHOOK_LIMIT_BYTES || signature === undefined) return false;
  const key = secretOption("Cyanite's webhook secret", secret).reveal();
  const expected = createHmac("sha512", key).update(body).digest();
  const given = Buffer.from(signature, "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
