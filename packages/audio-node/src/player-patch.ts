import {
  FILTER_KINDS,
  findFilterProblem,
  playerPatchSchema,
  TrackCodecError,
  type Filters,
} from "@antiphon/protocol/lavalink";
import type { z } from "zod";
import { TIMESCALE_RANGE } from "./filters/filter-chain.ts";
import { RequestError } from "./node-error.ts";
import type { TrackLoader } from "./track-loader.ts";
import { readTrack, type Track } from "./track.ts";

/** Voice credentials as a PATCH carries them. */
export interface VoicePatch {
  readonly token: string;
  readonly endpoint: string;
  readonly sessionId: string;
  readonly channelId: string;
}

/** A PATCH of a player whose every value was checked and whose track was found. */
export interface CheckedPatch {
  readonly noReplace: boolean;
  readonly voice: VoicePatch | undefined;
  readonly paused: boolean | undefined;
  readonly userData: Readonly<Record<string, unknown>> | undefined;
  readonly volume: number | undefined;
  /** Milliseconds. */
  readonly position: number | undefined;
  /** Milliseconds; null takes the marker away. */
  readonly endTime: number | null | undefined;
  readonly filters: Filters | undefined;
  /** Null stops; undefined leaves the current one alone. */
  readonly track: Track | null | undefined;
}

type Body = z.output<typeof playerPatchSchema>;

/** The first thing that is wrong with a body, as one line. */
export function explainIssues(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "The body is invalid." : `${issue.path.join(".") || "body"}: ${issue.message}`;
}

function checkVoice(voice: Body["voice"]): VoicePatch | undefined {
  if (voice === undefined) return undefined;
  const { token, endpoint, sessionId, channelId } = voice;
  if (!token?.trim() || !endpoint?.trim() || !sessionId?.trim() || !channelId?.trim()) {
    throw new RequestError(400, "token, endpoint, sessionId and channelId must be provided in voice state");
  }
  return { token, endpoint, sessionId, channelId };
}

/** Whether a filter is absent or set to nothing, as clients send it to clear it. */
function isCleared(value: unknown): boolean {
  return typeof value === "object" && Object.keys(value ?? {}).length === 0;
}

const enabledFilters: ReadonlySet<string> = new Set(FILTER_KINDS);

function checkFilters(filters: Body["filters"]): Filters | undefined {
  if (filters === undefined) return undefined;
  const disabled = Object.keys(filters).filter((name) => !enabledFilters.has(name) && !isCleared(filters[name]));
  if (disabled.length > 0)
    throw new RequestError(400, `Following filters are disabled in the config: ${disabled.join(", ")}`);
  const problem = findFilterProblem(filters);
  if (problem !== undefined) throw new RequestError(400, `filters.${problem}`);
  const checked: Filters = filters;
  const { minimum, maximum } = TIMESCALE_RANGE;
  for (const [field, factor] of Object.entries(checked.timescale ?? {})) {
    if (factor < minimum || factor > maximum)
      throw new RequestError(400, `filters.timescale.${field} must be from ${minimum} to ${maximum}, not ${factor}`);
  }
  return checked;
}

function checkNumbers({ volume, position, endTime }: Body): void {
  if (volume !== undefined && (volume < 0 || volume > 1000))
    throw new RequestError(400, "Volume must be between 0 and 1000");
  if (position !== undefined && !(position >= 0)) throw new RequestError(400, "Position must be 0 or greater");
  if (typeof endTime === "number" && endTime <= 0) throw new RequestError(400, "End time must be greater than 0");
}

/** Reads an encoded track that a client sent. */
export function readSentTrack(encoded: string): Track {
  try {
    return readTrack(encoded);
  } catch (error) {
    if (error instanceof TrackCodecError) throw new RequestError(400, error.message);
    throw error;
  }
}

async function findTrack(body: Body, loader: TrackLoader, signal: AbortSignal): Promise<Track | null | undefined> {
  const isLegacy = body.encodedTrack !== undefined || body.identifier !== undefined;
  if (body.track !== undefined && isLegacy) {
    throw new RequestError(400, "Cannot specify both track and encodedTrack/identifier");
  }
  const { encoded, identifier } = body.track ?? { encoded: body.encodedTrack, identifier: body.identifier };
  if (encoded !== undefined && identifier !== undefined)
    throw new RequestError(400, "Cannot specify both encoded and identifier");
  if (encoded === null || (encoded === undefined && identifier === undefined)) return encoded;
  const track = identifier === undefined ? readSentTrack(encoded as string) : await loadOne(identifier, loader, signal);
  if (!loader.canOpen(track)) {
    const known = loader.sourceNames.join(", ") || "none";
    throw new RequestError(400, `This node has no source "${track.info.sourceName}"; it has: ${known}.`);
  }
  return track;
}

async function loadOne(identifier: string, loader: TrackLoader, signal: AbortSignal): Promise<Track> {
  const result = await loader.load(identifier, signal);
  if (result.loadType === "track") return result.data;
  const why =
    result.loadType === "error"
      ? (result.data.message ?? result.data.cause)
      : `it gave a result of type ${result.loadType}`;
  throw new RequestError(400, `Cannot play "${identifier}": ${why}`);
}

/** Checks a PATCH of a player in the order Lavalink does; throws a RequestError 400 for the first thing that is wrong. */
export async function checkPlayerPatch(
  body: unknown,
  noReplace: boolean,
  loader: TrackLoader,
  signal: AbortSignal,
): Promise<CheckedPatch> {
  const parsed = playerPatchSchema.safeParse(body);
  if (!parsed.success) throw new RequestError(400, explainIssues(parsed.error));
  const patch = parsed.data;
  const filters = checkFilters(patch.filters);
  const voice = checkVoice(patch.voice);
  checkNumbers(patch);
  const { paused, volume, position, endTime } = patch;
  const track = await findTrack(patch, loader, signal);
  return { noReplace, voice, paused, userData: patch.track?.userData, volume, position, endTime, filters, track };
}
