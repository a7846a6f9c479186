export {
  createCyaniteClient,
  isCyaniteWebhook,
  type CyaniteAnalysis,
  type CyaniteClient,
  type CyaniteOptions,
  type CyaniteTrack,
} from "./cyanite-client.ts";
export { createHttpPool, type HttpPool, type HttpPoolOptions } from "./http-pool.ts";
export type { HttpPort, HttpRequest, HttpResponse } from "./http-port.ts";
export {
  createLastFmClient,
  type LastFmClient,
  type LastFmOptions,
  type ListenRange,
  type SimilarArtist,
  type SimilarTrack,
} from "./lastfm-client.ts";
export {
  createListenBrainzClient,
  type ListenBrainzClient,
  type ListenBrainzOptions,
  type NearbyArtist,
} from "./listenbrainz-client.ts";
export type {
  MetadataProvider,
  MetadataQuery,
  MetadataTag,
  ReportedListen,
  TrackMetadata,
} from "./metadata-provider.ts";
export {
  createMusicAnalyzer,
  tagSourceOf,
  type AnalysisStatus,
  type MusicAnalyzer,
  type MusicAnalyzerOptions,
  type MusicAnalyzerStats,
  type MusicCredentials,
  type TrackAnalysis,
} from "./music-analyzer.ts";
export {
  createMusicBrainzClient,
  type FoundRecording,
  type MusicBrainzClient,
  type MusicBrainzOptions,
} from "./musicbrainz-client.ts";
export { isNetworkFailure } from "./read-answer.ts";
export type { ServiceOptions, ServiceStats } from "./service-caller.ts";
export type { CircuitState } from "./service-circuit.ts";
export { createSpotifyClient, type SpotifyClient, type SpotifyOptions, type SpotifyTrack } from "./spotify-client.ts";
