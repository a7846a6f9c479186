import { isAntiphonError, describeError, systemClock, type Clock, type Random, type Secret } from "@antiphon/std";
import { createMoodAnalyzer, type MoodAnalyzer, type MoodJudgement, type TagSource } from "../mood/mood-analyzer.ts";
import { createAsyncProcessor, type ProcessOptions } from "../processor/async-processor.ts";
import { resultsOf } from "../processor/task.ts";
import { createCyaniteClient } from "./cyanite-client.ts";
import { createHttpPool } from "./http-pool.ts";
import type { HttpPort } from "./http-port.ts";
import { createLastFmClient } from "./lastfm-client.ts";
import { createListenBrainzClient } from "./listenbrainz-client.ts";
import type { MetadataProvider, MetadataQuery, MetadataTag, TrackMetadata } from "./metadata-provider.ts";
import { createMusicBrainzClient } from "./musicbrainz-client.ts";
import type { ServiceStats } from "./service-caller.ts";
import { createSpotifyClient } from "./spotify-client.ts";

/** Keys of services that need one; a service without its key is not asked. */
export interface MusicCredentials {
  readonly lastfmApiKey?: string | Secret | undefined;
  readonly listenBrainzToken?: string | Secret | undefined;
  readonly cyaniteAccessToken?: string | Secret | undefined;
  readonly spotify?: { readonly clientId: string | Secret; readonly clientSecret: string | Secret } | undefined;
}

/** Options of {@link createMusicAnalyzer}. */
export interface MusicAnalyzerOptions {
  /** Who is asked, in this order. Defaults to ListenBrainz and MusicBrainz, and those whose keys are given. The caller closes them. */
  readonly providers?: readonly MetadataProvider[] | undefined;
  /** Keys for the services that are asked by default. */
  readonly credentials?: MusicCredentials | undefined;
  /** Who asks: `name/version ( address )`. Defaults to this package and its page. */
  readonly userAgent?: string | undefined;
  /** Judges moods by the tags that are found. Defaults to the lexicon. */
  readonly mood?: MoodAnalyzer | undefined;
  /** The most tracks at once. Defaults to 10. */
  readonly maxConcurrent?: number | undefined;
  /** How long one track may take, waiting for its turn at the services with it, in milliseconds. Defaults to 120,000. */
  readonly timeoutMs?: number | undefined;
  /** The way to the services. Defaults to a pool of at most 100 connections, shared by all. */
  readonly http?: HttpPort | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** How an analysis ended: all asked services answered, some failed, none knows the track, or none answered. */
export type AnalysisStatus = "complete" | "partial" | "unknown" | "failed";

/** What is known of one track. */
export interface TrackAnalysis {
  readonly artist: string;
  readonly title: string;
  readonly status: AnalysisStatus;
  /** What the services said; where they differ, the first that was asked. */
  readonly metadata: TrackMetadata;
  /** The mood that the tags speak of. */
  readonly mood: MoodJudgement;
  /** The services that knew the track. */
  readonly answeredBy: readonly string[];
  /** The services that failed, and why. */
  readonly failures: readonly { readonly service: string; readonly code: string; readonly message: string }[];
}

/** What a {@link MusicAnalyzer} has counted. */
export interface MusicAnalyzerStats {
  /** Tracks analysed so far. */
  readonly analyzed: number;
  /** Of these, how many ended in each way. */
  readonly byStatus: Readonly<Record<AnalysisStatus, number>>;
  /** Mean time of an analysis, in milliseconds; 0 before the first. */
  readonly averageAnalysisMs: number;
  /** What the clients have counted. */
  readonly services: readonly ServiceStats[];
}

/** Analyses tracks against the metadata of real services. */
export interface MusicAnalyzer extends AsyncDisposable {
  /** Names of the services that are asked. */
  readonly services: readonly string[];
  /** Analyses tracks; one result for each, in their order, also when services fail. @throws the signal's reason */
  analyzeTracks(tracks: readonly MetadataQuery[], options?: ProcessOptions): Promise<readonly TrackAnalysis[]>;
  /** What was counted so far. */
  getStats(): MusicAnalyzerStats;
  /** Ends what is under way; idempotent. */
  close(): Promise<void>;
}

/** A {@link TagSource} for the mood analyzer, from a service. */
export function tagSourceOf(provider: Pick<MetadataProvider, "describe">): TagSource {
  return async (track, options) => (await provider.describe(track, options))?.tags ?? [];
}

function defaultProviders(options: MusicAnalyzerOptions, http: HttpPort): MetadataProvider[] {
  const { credentials = {}, userAgent, clock, random } = options;
  const { lastfmApiKey, listenBrainzToken, cyaniteAccessToken, spotify } = credentials;
  const shared = { http, userAgent, clock, random };
  return [
    createListenBrainzClient({ ...shared, token: listenBrainzToken }),
    createMusicBrainzClient(shared),
    ...(lastfmApiKey === undefined ? [] : [createLastFmClient({ ...shared, apiKey: lastfmApiKey })]),
    ...(spotify === undefined ? [] : [createSpotifyClient({ ...shared, ...spotify })]),
    ...(cyaniteAccessToken === undefined ? [] : [createCyaniteClient({ ...shared, accessToken: cyaniteAccessToken })]),
  ];
}

/** Builds a {@link MusicAnalyzer}, which does nothing before it is asked. @throws RecommenderError RECOMMENDER_OPTIONS_INVALID */
export function createMusicAnalyzer(options: MusicAnalyzerOptions = {}): MusicAnalyzer {
  const { mood = createMoodAnalyzer(), maxConcurrent = 10, timeoutMs = 120_000, clock = systemClock } = options;
  const pool = createHttpPool();
  const own = options.providers === undefined ? defaultProviders(options, options.http ?? pool) : [];
  const providers = options.providers ?? own;
  const processor = createAsyncProcessor({ maxConcurrent, timeoutMs, clock });
  const byStatus: Record<AnalysisStatus, number> = { complete: 0, partial: 0, unknown: 0, failed: 0 };
  let analyzed = 0;
  let analysisMs = 0;

  const analyzeTrack = async (track: MetadataQuery, { signal }: { readonly signal: AbortSignal }) => {
    const beganMs = clock.monotonicMs();
    const { metadata, answeredBy, failures } = await askAll(providers, track, signal);
    const status = statusOf(answeredBy.length, failures.length);
    analyzed++;
    byStatus[status]++;
    analysisMs += clock.monotonicMs() - beganMs;
    const { artist, title } = track;
    return { artist, title, status, metadata, mood: mood.judgeTags(metadata.tags ?? []), answeredBy, failures };
  };
  const close = async () => {
    await Promise.all([processor.close(), ...own.map((provider) => provider.close())]);
    await pool.close();
  };
  return {
    services: providers.map(({ name }) => name),
    analyzeTracks: async (tracks, processOptions) =>
      resultsOf(await processor.processTracksParallel(tracks, analyzeTrack, processOptions)),
    getStats: () => ({
      analyzed,
      byStatus: { ...byStatus },
      averageAnalysisMs: analyzed === 0 ? 0 : analysisMs / analyzed,
      services: providers.map((provider) => provider.stats()),
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Asks one service after another, so that each can use the ids that those before it have found. */
async function askAll(providers: readonly MetadataProvider[], track: MetadataQuery, signal: AbortSignal) {
  let metadata: TrackMetadata = {};
  const answeredBy: string[] = [];
  const failures: { service: string; code: string; message: string }[] = [];
  for (const provider of providers) {
    try {
      const { recordingId, isrc, spotifyId } = metadata;
      const found = await provider.describe({ ...present({ recordingId, isrc, spotifyId }), ...track }, { signal });
      if (found === undefined) continue;
      answeredBy.push(provider.name);
      metadata = { ...present(found), ...present(metadata), tags: mergeTags(metadata.tags ?? [], found.tags ?? []) };
    } catch (error) {
      signal.throwIfAborted();
      const code = isAntiphonError(error) ? error.code : "UNKNOWN";
      failures.push({ service: provider.name, code, message: describeError(error) });
    }
  }
  return { metadata, answeredBy, failures };
}

function statusOf(answered: number, failed: number): AnalysisStatus {
  if (answered > 0) return failed > 0 ? "partial" : "complete";
  return failed > 0 ? "failed" : "unknown";
}

/** An object without the members that are undefined. */
function present<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value;
}

function mergeTags(left: readonly MetadataTag[], right: readonly MetadataTag[]): MetadataTag[] {
  const weights = new Map<string, number>();
  for (const { name, weight } of [...left, ...right]) weights.set(name, Math.max(weight, weights.get(name) ?? 0));
  return [...weights].map(([name, weight]) => ({ name, weight })).toSorted((one, other) => other.weight - one.weight);
}
