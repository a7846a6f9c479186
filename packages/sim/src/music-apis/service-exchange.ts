import type { Clock } from "@antiphon/std";
import type { MusicCatalogue } from "./catalogue.ts";

/** The services that are simulated. */
export type MusicService = "lastfm" | "musicbrainz" | "listenbrainz" | "cyanite" | "spotify";

/** What the services accept. All are made up. */
export interface MusicCredentials {
  /** Last.fm's `api_key`. */
  readonly lastfmApiKey: string;
  /** ListenBrainz' user token, for what needs one. */
  readonly listenBrainzToken: string;
  /** Cyanite's access token. */
  readonly cyaniteAccessToken: string;
  /** Spotify's client id. */
  readonly spotifyClientId: string;
  /** Spotify's client secret. */
  readonly spotifyClientSecret: string;
}

/** A request to one of the services. */
export interface ServiceRequest {
  readonly method: string;
  /** Below the service's own address, with its leading slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as text. */
  readonly body: string;
}

/** What a service answers. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: unknown;
}

/** What an answer is made from. */
export interface ServiceWorld {
  readonly catalogue: MusicCatalogue;
  readonly credentials: MusicCredentials;
  readonly clock: Clock;
  /** Spotify's tokens that were given out, with the end of their lives in milliseconds since the Unix epoch. */
  readonly spotifyTokens: Map<string, number>;
  /** How many tokens were given out. */
  tokenCount: number;
  /** Cyanite's tracks that were handed in for analysis. */
  readonly enqueued: Set<string>;
}

/** Answers the requests of one service. */
export type ServiceApi = (request: ServiceRequest, world: ServiceWorld) => ServiceAnswer;
