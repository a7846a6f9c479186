import { sessionPatchSchema, type NodeInfo } from "@antiphon/protocol/lavalink";
import type { KeyedMutex } from "@antiphon/std";
import { z } from "zod";
import type { Answer } from "./http-exchange.ts";
import { RequestError } from "./node-error.ts";
import { checkPlayerPatch, explainIssues, readSentTrack } from "./player-patch.ts";
import type { Session } from "./session.ts";
import type { SessionRegistry } from "./session-registry.ts";
import type { StatsReader } from "./node-stats.ts";
import type { TrackLoader } from "./track-loader.ts";

/** A request as the API sees it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Reads the JSON body. */
  readonly readBody: () => Promise<unknown>;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** What the API works on. */
export interface ApiContext {
  readonly info: NodeInfo;
  readonly loader: TrackLoader;
  readonly sessions: SessionRegistry;
  readonly stats: StatsReader;
  /** One change of a guild's player at a time. */
  readonly guilds: KeyedMutex<string>;
}

const encodedTracksSchema = z.array(z.string()).min(1, "No tracks to decode provided").max(1000);
const NO_CONTENT: Answer = { status: 204 };

function parameter(request: ApiRequest, ...names: readonly string[]): string {
  for (const name of names) {
    const value = request.query.get(name);
    if (value !== null) return value;
  }
  throw new RequestError(400, `Required parameter '${names[0]}' is not present.`);
}

async function decodeTracks(request: ApiRequest): Promise<Answer> {
  const parsed = encodedTracksSchema.safeParse(await request.readBody());
  if (!parsed.success) throw new RequestError(400, explainIssues(parsed.error));
  return { status: 200, body: parsed.data.map(readSentTrack) };
}

async function patchSession(session: Session, request: ApiRequest): Promise<Answer> {
  const parsed = sessionPatchSchema.safeParse(await request.readBody());
  if (!parsed.success) throw new RequestError(400, explainIssues(parsed.error));
  const { resuming, timeout } = parsed.data;
  if (timeout !== undefined && timeout < 0) throw new RequestError(400, "timeout must be 0 or greater, in seconds");
  session.resuming = resuming ?? session.resuming;
  session.timeoutSeconds = timeout ?? session.timeoutSeconds;
  return { status: 200, body: { resuming: session.resuming, timeout: session.timeoutSeconds } };
}

async function patchPlayer(
  context: ApiContext,
  session: Session,
  guildId: string,
  request: ApiRequest,
): Promise<Answer> {
  const noReplace = request.query.get("noReplace") === "true";
  const body = await request.readBody();
  return context.guilds.run(`${session.sessionId}/${guildId}`, async () => {
    const patch = await checkPlayerPatch(body, noReplace, context.loader, request.signal);
    const player = session.playerOf(guildId);
    await player.apply(patch);
    return { status: 200, body: player.view() };
  });
}

async function routePlayer(
  context: ApiContext,
  session: Session,
  guildId: string,
  request: ApiRequest,
): Promise<Answer> {
  if (!/^\d{1,20}$/.test(guildId)) throw new RequestError(400, `guildId "${guildId}" is not a number`);
  switch (request.method) {
    case "GET": {
      const player = session.players.get(guildId);
      if (player === undefined) throw new RequestError(404, "Player not found");
      return { status: 200, body: player.view() };
    }
    case "PATCH":
      return patchPlayer(context, session, guildId, request);
    case "DELETE":
      await context.guilds.run(`${session.sessionId}/${guildId}`, () => session.deletePlayer(guildId));
      return NO_CONTENT;
    default:
      throw new RequestError(405, `Method ${request.method} is not supported`);
  }
}

async function routeSession(context: ApiContext, request: ApiRequest): Promise<Answer | undefined> {
  const [, sessionId, players, guildId] =
    /^\/v4\/sessions\/([^/]+)(\/players(?:\/([^/]+))?)?$/.exec(request.path) ?? [];
  if (sessionId === undefined) return undefined;
  const session = context.sessions.find(sessionId);
  if (session === undefined) throw new RequestError(404, "Session not found");
  if (guildId !== undefined) return routePlayer(context, session, guildId, request);
  if (players !== undefined && request.method === "GET") {
    return { status: 200, body: [...session.players.values()].map((player) => player.view()) };
  }
  if (players === undefined && request.method === "PATCH") return patchSession(session, request);
  throw new RequestError(405, `Method ${request.method} is not supported`);
}

/** Answers a request as Lavalink v4 does; throws a RequestError for what is not 2xx. @see Lavalink docs, "REST API" */
export async function answerRequest(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { method, path } = request;
  switch (`${method} ${path}`) {
    case "GET /version":
      return { status: 200, body: context.info.version.semver };
    case "GET /v4/info":
      return { status: 200, body: context.info };
    case "GET /v4/stats":
      return { status: 200, body: context.stats.read(context.sessions.all(), false) };
    case "GET /v4/loadtracks":
      return { status: 200, body: await context.loader.load(parameter(request, "identifier"), request.signal) };
    case "GET /v4/decodetrack":
      return { status: 200, body: readSentTrack(parameter(request, "encodedTrack", "track")) };
    case "POST /v4/decodetracks":
      return decodeTracks(request);
    case "GET /v4/routeplanner/status":
      return NO_CONTENT;
  }
  const answer = await routeSession(context, request);
  if (answer === undefined) throw new RequestError(404, `There is no route ${method} ${path}.`);
  return answer;
}
