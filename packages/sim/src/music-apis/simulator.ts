import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock, type Clock } from "@antiphon/std";
import { createMusicCatalogue, defaultRecordings, type MusicCatalogue, type SimulatedRecording } from "./catalogue.ts";
import { createFaultScript, type FaultScript } from "./fault-script.ts";
import { createHttpFront, serviceRoots, type MusicRequest } from "./http-front.ts";
import type { MusicCredentials, MusicService } from "./service-exchange.ts";
import { createLimitBook, defaultServiceLimits, type MusicViolation, type ServiceLimit } from "./service-limits.ts";

/** Options of {@link startMusicApisSimulator}. */
export interface MusicApisSimulatorOptions {
  /** What the services know. Defaults to five recordings of nobody. */
  readonly recordings?: readonly SimulatedRecording[];
  /** Limits that differ from the services' own. */
  readonly limits?: Partial<Readonly<Record<MusicService, ServiceLimit>>>;
  /** The time by which limits, tokens and slow answers go. Defaults to the process's clock. */
  readonly clock?: Clock;
}

/** Where a client reaches the services. */
export interface MusicUrls {
  /** In place of `https://ws.audioscrobbler.com/2.0/`. */
  readonly lastfm: string;
  /** In place of `https://musicbrainz.org/ws/2`. */
  readonly musicbrainz: string;
  /** In place of `https://api.listenbrainz.org`. */
  readonly listenbrainz: string;
  /** In place of `https://labs.api.listenbrainz.org`. */
  readonly listenbrainzLabs: string;
  /** In place of `https://api.cyanite.ai/graphql`. */
  readonly cyanite: string;
  /** In place of `https://accounts.spotify.com`. */
  readonly spotifyAccounts: string;
  /** In place of `https://api.spotify.com`. */
  readonly spotify: string;
}

/** Last.fm, MusicBrainz, ListenBrainz, Cyanite and Spotify on loopback. */
export interface MusicApisSimulator extends AsyncDisposable {
  readonly url: string;
  readonly urls: MusicUrls;
  readonly credentials: MusicCredentials;
  readonly catalogue: MusicCatalogue;
  readonly faults: Pick<FaultScript, "add" | "heal">;
  /** Rules that clients have broken, oldest first; the last 10,000. End a test with `expect(violations).toEqual([])`. */
  readonly violations: readonly MusicViolation[];
  /** The last 10,000 requests without what is secret in them, oldest first. */
  readonly requests: readonly MusicRequest[];
  /** Requests that a fault keeps waiting: time must pass for them. */
  readonly delayed: number;
  /** Connections that are open, and the most that were. */
  readonly connections: { readonly open: number; readonly most: number; readonly total: number };
  /** Stops the services and cuts what is open; idempotent. */
  close(): Promise<void>;
}

const LIST_LIMIT = 10_000;

const credentials: MusicCredentials = {
  lastfmApiKey: "simulated-lastfm-key",
  listenBrainzToken: "simulated-listenbrainz-token",
  cyaniteAccessToken: "simulated-cyanite-token",
  spotifyClientId: "simulated-spotify-id",
  spotifyClientSecret: "simulated-spotify-secret",
};

function bounded<Each>(): { readonly list: readonly Each[]; add(each: Each): void } {
  const list: Each[] = [];
  return { list, add: (each) => void (list.push(each) > LIST_LIMIT && list.shift()) };
}

/** Starts a {@link MusicApisSimulator} on a free port of 127.0.0.1. */
export async function startMusicApisSimulator(options: MusicApisSimulatorOptions = {}): Promise<MusicApisSimulator> {
  const { clock = systemClock, recordings = defaultRecordings } = options;
  const catalogue = createMusicCatalogue(recordings);
  const faults = createFaultScript();
  const violations = bounded<MusicViolation>();
  const requests = bounded<MusicRequest>();
  const limits = { ...defaultServiceLimits, ...options.limits };
  const bookOf = (service: MusicService) => createLimitBook(service, limits[service], clock, violations.add);
  const books = Object.fromEntries(Object.keys(limits).map((name) => [name, bookOf(name as MusicService)]));
  const closing = new AbortController();
  const front = createHttpFront({
    world: { catalogue, credentials, clock, spotifyTokens: new Map(), tokenCount: 0, enqueued: new Set() },
    faults,
    books: books as Readonly<Record<MusicService, ReturnType<typeof bookOf>>>,
    report: violations.add,
    record: requests.add,
    signal: closing.signal,
  });
  const connections = { open: 0, most: 0, total: 0 };
  const server = createServer((request, response) => {
    // A client that hangs up in the middle of its request leaves nobody to answer.
    front.handle(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    connections.total++;
    connections.most = Math.max(connections.most, ++connections.open);
    socket.on("close", () => connections.open--);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  let closed: Promise<unknown> | undefined;
  const close = async () => {
    closed ??= once(server, "close");
    closing.abort();
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url,
    urls: {
      lastfm: `${url}${serviceRoots.lastfm}/2.0/`,
      musicbrainz: `${url}${serviceRoots.musicbrainz}`,
      listenbrainz: `${url}${serviceRoots.listenbrainz}`,
      listenbrainzLabs: `${url}${serviceRoots.listenbrainz}/labs`,
      cyanite: `${url}${serviceRoots.cyanite}/graphql`,
      spotifyAccounts: `${url}${serviceRoots.spotify}`,
      spotify: `${url}${serviceRoots.spotify}`,
    },
    credentials,
    catalogue,
    faults,
    violations: violations.list,
    requests: requests.list,
    get delayed() {
      return front.delayed;
    },
    connections,
    close,
    [Symbol.asyncDispose]: close,
  };
}
