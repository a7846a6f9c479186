import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { WebSocketServer } from "ws";
import type { CytubeMedia, PlaylistItem } from "@antiphon/protocol/cytube";
import { systemClock, systemRandom, type Clock, type Random } from "@antiphon/std";
import { createSelfSignedCertificate } from "../voice/certificate.ts";
import { Channel, type SimulatedAccount } from "./channel.ts";
import { effectiveRank } from "./member.ts";
import { formatDuration } from "./playback.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limiter.ts";
import type { SimulatedFilter } from "./sanitize.ts";
import { openSession, type SessionSite } from "./session.ts";

/** Options of {@link startCytubeSimulator}. */
export interface CytubeSimulatorOptions {
  /** People with accounts; ranks by channel. */
  readonly accounts?: readonly {
    readonly name: string;
    readonly password: string;
    readonly channelRanks?: Readonly<Record<string, number>>;
  }[];
  /** What can be queued beside live streams (`rt`, `hl`) and embeds (`cu`); there is no internet to look things up in. */
  readonly media?: readonly {
    readonly type: string;
    readonly id: string;
    readonly title: string;
    readonly seconds: number;
  }[];
  /** CyTube's limits by address. Both are on unless told: 5 connections then one in 10 s, one guest in 60 s. */
  readonly limits?: { readonly connections?: boolean; readonly guestLogins?: boolean };
  /** Whether to speak TLS, under a certificate made at the start. Defaults to false. */
  readonly secure?: boolean;
  readonly clock?: Clock;
  /** What shuffles a playlist. */
  readonly random?: Random;
}

/** A channel, seen from above. */
export interface SimulatedChannelView {
  readonly name: string;
  readonly users: readonly {
    readonly name: string;
    readonly rank: number;
    readonly afk: boolean;
    readonly muted: boolean;
    readonly shadowMuted: boolean;
  }[];
  readonly playlist: readonly PlaylistItem[];
  readonly currentUid: number | undefined;
  readonly currentTimeSeconds: number;
  readonly paused: boolean;
  readonly locked: boolean;
  readonly leader: string | undefined;
  readonly motd: string;
  readonly css: string;
  readonly js: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, number>>;
  readonly emotes: readonly { readonly name: string; readonly image: string }[];
  readonly filters: readonly SimulatedFilter[];
  readonly bans: readonly { readonly id: number; readonly name: string; readonly reason: string }[];
  readonly poll: { readonly title: string; readonly counts: readonly number[] } | undefined;
  /** What was added to stay, by id. */
  readonly library: ReadonlyMap<string, CytubeMedia>;
  /** Votes to skip. */
  readonly skipVotes: number;
}

/** One frame that went by. */
export interface SimulatedFrame {
  readonly direction: "in" | "out";
  readonly event: string;
  readonly payload: unknown;
}

/** A small CyTube on loopback. */
export interface CytubeSimulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or `https://` */
  readonly url: string;
  /** What clients of a secure simulator must trust; empty otherwise. */
  readonly certificatePem: string;
  /** `127.0.0.1:PORT`, as robots name a site. */
  readonly domain: string;
  /** A channel; made when nobody has been there yet. */
  channel(name: string): SimulatedChannelView;
  /** Sets what only its owners can: the password of a channel. */
  setChannelPassword(name: string, password: string | false): void;
  /** Adds something that can be queued. */
  addMedia(media: {
    readonly type: string;
    readonly id: string;
    readonly title: string;
    readonly seconds: number;
  }): void;
  /** Cuts all connections, without a word. */
  dropConnections(): void;
  /** Refuses new connections until told otherwise. */
  setUnreachable(unreachable: boolean): void;
  /** The last 10,000 frames, passwords left out. */
  readonly transcript: readonly SimulatedFrame[];
  /** Idempotent. */
  close(): Promise<void>;
}

const TRANSCRIPT_LIMIT = 10_000;

/** Starts a CyTube site on a free port of 127.0.0.1. */
export async function startCytubeSimulator(options: CytubeSimulatorOptions = {}): Promise<CytubeSimulator> {
  const { clock = systemClock, random = systemRandom, limits = {}, secure = false } = options;
  const accounts = new Map<string, SimulatedAccount>();
  for (const { name, password, channelRanks = {} } of options.accounts ?? [])
    accounts.set(name.toLowerCase(), { name, password, channelRanks: new Map(Object.entries(channelRanks)) });
  const media = new Map<string, CytubeMedia>();
  const channels = new Map<string, Channel>();
  const aliases = new Map<string, Set<string>>();
  const guestLogins = new Map<string, number>();
  const connectionLimiters = new Map<string, RateLimiter>();
  const transcript: SimulatedFrame[] = [];
  let unreachable = false;

  const addMedia: CytubeSimulator["addMedia"] = ({ type, id, title, seconds }) => {
    media.set(`${type}:${id}`, { id, title, seconds, duration: formatDuration(seconds), type, meta: {} });
  };
  for (const each of options.media ?? []) addMedia(each);
  const lookUp = (type: string, id: string, title: string | undefined): CytubeMedia | string =>
    media.get(`${type}:${id}`) ?? withoutLookUp(type, id, title);

  const channelOf = (name: string): Channel => {
    let channel = channels.get(name);
    if (channel === undefined) {
      channel = new Channel(name, { clock, random, accounts, aliases, lookUp });
      channels.set(name, channel);
    }
    return channel;
  };
  const site: SessionSite = {
    clock,
    accounts,
    channel: channelOf,
    noteAlias(ip, name) {
      aliases.set(ip, (aliases.get(ip) ?? new Set()).add(name));
    },
    takeGuestLogin(ip) {
      const lastMs = guestLogins.get(ip) ?? Number.NEGATIVE_INFINITY;
      if (limits.guestLogins !== false && clock.monotonicMs() - lastMs < 60_000) return false;
      guestLogins.set(ip, clock.monotonicMs());
      return true;
    },
  };
  const note = (direction: "in" | "out", event: string, payload: unknown): void => {
    transcript.push({ direction, event, payload: withoutPassword(payload) });
    if (transcript.length > TRANSCRIPT_LIMIT) transcript.shift();
  };

  const listener = (request: IncomingMessage, response: ServerResponse) => answerHttp(request, response, url());
  const certificate = secure ? createSelfSignedCertificate(clock.now()) : undefined;
  const http =
    certificate === undefined
      ? createServer(listener)
      : createSecureServer({ key: certificate.privateKeyPem, cert: certificate.certificatePem }, listener);
  const io = new Server(http, {
    allowEIO3: true,
    pingTimeout: 120_000,
    perMessageDeflate: false,
    maxHttpBufferSize: 1_000_000,
    serveClient: false,
    // Named, because what engine.io finds by itself depends on the conditions under which its process resolves modules.
    wsEngine: WebSocketServer,
  });
  io.use((socket, next) => {
    const ip = addressOf(socket);
    let limiter = connectionLimiters.get(ip);
    if (limiter === undefined) connectionLimiters.set(ip, (limiter = createRateLimiter(5, 0.1, clock)));
    if (unreachable) next(new Error("The site is down"));
    else if (limits.connections !== false && !limiter.take()) next(new Error("Rate limit exceeded"));
    else next();
  });
  io.on("connection", (socket) => {
    const member = {
      emit(event: string, ...args: readonly unknown[]) {
        note("out", event, args[0]);
        socket.emit(event, ...structuredClone(args));
      },
      disconnect: () => void socket.disconnect(true),
    };
    const session = openSession(site, member, addressOf(socket));
    socket.onAny((event: string, ...args: readonly unknown[]) => {
      note("in", event, args[0]);
      const last = args.at(-1);
      session.receive(event, args[0], typeof last === "function" ? (answer) => void last(answer) : () => {});
    });
    socket.on("disconnect", () => session.left());
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const domain = `127.0.0.1:${port}`;
  const url = () => `${secure ? "https" : "http"}://${domain}`;

  const simulator: CytubeSimulator = {
    url: url(),
    certificatePem: certificate?.certificatePem ?? "",
    domain,
    channel: (name) => viewOf(channelOf(name.toLowerCase())),
    setChannelPassword(name, password) {
      channelOf(name.toLowerCase()).options.password = password;
    },
    addMedia,
    dropConnections: () => io.disconnectSockets(true),
    setUnreachable(value) {
      unreachable = value;
    },
    transcript,
    async close() {
      for (const channel of channels.values()) channel.close();
      if (http.listening) await io.close();
    },
    [Symbol.asyncDispose]: () => simulator.close(),
  };
  return simulator;
}

/** The address of a socket; as on CyTube, a proxy on loopback is believed. */
function addressOf(socket: Socket): string {
  const forwarded = socket.handshake.headers["x-forwarded-for"];
  return typeof forwarded === "string" ? forwarded : socket.handshake.address;
}

function withoutPassword(payload: unknown): unknown {
  if (typeof payload !== "object" || payload === null || !("pw" in payload)) return structuredClone(payload);
  return { ...payload, pw: "[redacted]" };
}

function withoutLookUp(type: string, id: string, title: string | undefined): CytubeMedia | string {
  const live = { id, seconds: 0, duration: "--:--", type };
  if (type === "rt" || type === "hl") return { ...live, title: "Livestream", meta: {} };
  if (type === "cu")
    return {
      ...live,
      title: title ?? "Custom Media",
      meta: { embed: { tag: "iframe", src: /src="([^"]*)"/.exec(id)?.[1] ?? id } },
    };
  if (type === "fi") return "Raw file playback is not enabled on this server";
  return type === "cm" ? "Expected HTTP 200 OK, not 404 Not Found" : "Video not found";
}

function answerHttp(request: IncomingMessage, response: ServerResponse, url: string): void {
  const name = /^\/socketconfig\/([^/]*)\.json$/.exec(request.url ?? "")?.[1];
  const known = name !== undefined && /^[\w-]{1,30}$/.test(name);
  const body = known
    ? { servers: [{ url, secure: url.startsWith("https:") }] }
    : { error: `Channel "${decodeURIComponent(name ?? "")}" does not exist.` };
  response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function viewOf(channel: Channel): SimulatedChannelView {
  const { playback, poll } = channel;
  return {
    name: channel.name,
    users: channel.users().map((member) => ({
      name: member.name,
      rank: effectiveRank(member),
      afk: member.afk,
      muted: member.muted,
      shadowMuted: member.shadowMuted,
    })),
    playlist: [...playback.items],
    currentUid: playback.current?.uid,
    currentTimeSeconds: playback.currentTimeSeconds,
    paused: playback.paused,
    locked: channel.locked,
    leader: playback.leader?.name,
    motd: channel.motd,
    css: channel.css,
    js: channel.js,
    options: { ...channel.options },
    permissions: { ...channel.permissions },
    emotes: [...channel.emotes],
    filters: [...channel.filters],
    bans: channel.bans.map(({ id, name, reason }) => ({ id, name, reason })),
    poll: poll === undefined ? undefined : { title: poll.title, counts: [...poll.counts] },
    library: new Map(channel.library),
    skipVotes: channel.skipVotes.size,
  };
}
