import {
  decodeTrack,
  FILTER_KINDS,
  findFilterProblem,
  playerPatchSchema,
  sessionPatchSchema,
  TrackCodecError,
  type PlayerPatch,
} from "@antiphon/protocol/lavalink";
import type { ApiRequest, ApiResponse } from "./api-exchange.ts";
import { toWireTrack } from "./catalogue.ts";
import type { NodeState } from "./node-state.ts";
import type { Session } from "./session.ts";

/** An answer that is not 2xx. */
class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const INFO = {
  version: { semver: "4.2.2", major: 4, minor: 2, patch: 2, preRelease: null, build: null },
  buildTime: 1_772_000_000_000,
  git: { branch: "sim", commit: "0000000", commitTime: 1_772_000_000_000 },
  jvm: "17.0.0",
  lavaplayer: "2.2.6",
  sourceManagers: ["http", "local", "youtube", "soundcloud"],
  plugins: [],
};

function infoOf({ disabledFilters }: NodeState) {
  return { ...INFO, filters: FILTER_KINDS.filter((kind) => !disabledFilters.has(kind)) };
}

/** Answers a request as Lavalink 4.2 does. @see Lavalink docs, "REST API" */
export function answer(state: NodeState, request: ApiRequest): ApiResponse {
  try {
    return route(state, request);
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: { message: error.message } };
    if (error instanceof TrackCodecError) return { status: 400, body: { message: error.message } };
    throw error;
  }
}

function route(state: NodeState, request: ApiRequest): ApiResponse {
  const { method, path } = request;
  const key = `${method} ${path}`;
  const scripted = state.routes.get(key);
  if (scripted !== undefined) return scripted(request);
  switch (key) {
    case "GET /version":
      return { status: 200, body: INFO.version.semver };
    case "GET /v4/info":
      return { status: 200, body: infoOf(state) };
    case "GET /v4/stats":
      return { status: 200, body: { ...state.stats(), frameStats: null } };
    case "GET /v4/loadtracks":
      return { status: 200, body: state.catalogue.load(parameter(request, "identifier")) };
    case "GET /v4/decodetrack":
      return { status: 200, body: toWireTrack(request.query.get("track") ?? parameter(request, "encodedTrack")) };
    case "POST /v4/decodetracks":
      return decodeTracks(request.body);
    case "GET /v4/routeplanner/status":
      return { status: 204 };
  }
  const [, sessionId, players, guildId] = /^\/v4\/sessions\/([^/]+)(\/players(?:\/([^/]+))?)?$/.exec(path) ?? [];
  if (sessionId === undefined) throw new ApiError(404, `No route ${key}`);
  const session = state.sessionOf(decodeURIComponent(sessionId));
  if (session === undefined) throw new ApiError(404, "Session not found");
  if (players === undefined) return sessionRoute(session, request);
  return playerRoute(state, session, guildId, request);
}

function parameter(request: ApiRequest, name: string): string {
  const value = request.query.get(name);
  if (value === null) throw new ApiError(400, `Required parameter '${name}' is not present.`);
  return value;
}

function decodeTracks(body: unknown): ApiResponse {
  if (!Array.isArray(body) || body.length === 0) throw new ApiError(400, "No tracks to decode provided");
  return { status: 200, body: body.map((encoded) => toWireTrack(String(encoded))) };
}

function sessionRoute(session: Session, request: ApiRequest): ApiResponse {
  if (request.method !== "PATCH") throw new ApiError(405, `Method ${request.method} is not supported`);
  const patch = sessionPatchSchema.safeParse(request.body);
  if (!patch.success) throw new ApiError(400, patch.error.message);
  session.resuming = patch.data.resuming ?? session.resuming;
  session.timeoutSeconds = patch.data.timeout ?? session.timeoutSeconds;
  return { status: 200, body: { resuming: session.resuming, timeout: session.timeoutSeconds } };
}

function playerRoute(
  state: NodeState,
  session: Session,
  guildId: string | undefined,
  request: ApiRequest,
): ApiResponse {
  const { method } = request;
  if (guildId === undefined) {
    if (method !== "GET") throw new ApiError(405, `Method ${method} is not supported`);
    return { status: 200, body: [...session.players.values()].map((player) => player.view()) };
  }
  if (!/^\d{1,19}$/.test(guildId)) throw new ApiError(400, `guildId "${guildId}" is not a number`);
  if (method === "DELETE") {
    session.deletePlayer(guildId);
    return { status: 204 };
  }
  if (method === "GET") {
    const player = session.players.get(guildId);
    if (player === undefined) throw new ApiError(404, "Player not found");
    return { status: 200, body: player.view() };
  }
  if (method !== "PATCH") throw new ApiError(405, `Method ${method} is not supported`);
  const { patch, encoded } = checkPatch(state, request.body);
  const player = session.playerOf(guildId);
  const noReplace = request.query.get("noReplace") === "true";
  session.sendTogether(() => player.apply(patch, encoded, noReplace));
  return { status: 200, body: player.view() };
}

function checkPatch(state: NodeState, body: unknown): { patch: PlayerPatch; encoded: string | null | undefined } {
  const parsed = playerPatchSchema.safeParse(body);
  if (!parsed.success) throw new ApiError(400, parsed.error.message);
  const patch = parsed.data;
  if (patch.track !== undefined && (patch.encodedTrack !== undefined || patch.identifier !== undefined)) {
    throw new ApiError(400, "Cannot use both track and encodedTrack/identifier");
  }
  const { voice } = patch;
  if (voice !== undefined && !(voice.token && voice.endpoint && voice.sessionId && voice.channelId)) {
    throw new ApiError(400, "token, endpoint, sessionId and channelId must be provided in voice state");
  }
  if (patch.volume !== undefined && (patch.volume < 0 || patch.volume > 1000))
    throw new ApiError(400, "Volume must be 0 to 1000");
  if (typeof patch.endTime === "number" && patch.endTime <= 0)
    throw new ApiError(400, "End time must be greater than 0");
  checkFilters(state, patch.filters);
  const source = patch.track ?? { encoded: patch.encodedTrack, identifier: patch.identifier };
  // What zod has checked is a PlayerPatch with unknown fields beside it.
  return { patch: patch as PlayerPatch, encoded: resolveTrack(state, source.encoded, source.identifier) };
}

function checkFilters(state: NodeState, filters: Readonly<Record<string, unknown>> | undefined): void {
  if (filters === undefined) return;
  const disabled = Object.keys(filters).filter((kind) => state.disabledFilters.has(kind));
  if (disabled.length > 0)
    throw new ApiError(400, `Following filters are disabled in the config: ${disabled.join(", ")}`);
  const problem = findFilterProblem(filters);
  if (problem !== undefined) throw new ApiError(400, problem);
}

function resolveTrack(
  state: NodeState,
  encoded: string | null | undefined,
  identifier: string | undefined,
): string | null | undefined {
  if (identifier === undefined) {
    if (typeof encoded === "string") decodeTrack(encoded);
    return encoded;
  }
  if (encoded !== undefined) throw new ApiError(400, "Cannot use both encoded and identifier");
  const result = state.catalogue.load(identifier);
  if (result.loadType === "track") return result.data.encoded;
  throw new ApiError(400, `Cannot play a ${result.loadType}: "${identifier}"`);
}
