import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { TrackException, WireLoadResult } from "@antiphon/protocol/lavalink";
import { describeError } from "@antiphon/std";
import {
  openSource,
  VoiceSourceError,
  type AudioSource,
  type OpenSourceOptions,
  type SourceInput,
} from "@antiphon/voice/source";
import { isPublicAddress, type UrlPolicy } from "./address-policy.ts";
import { openMusicDirectory, type MusicFile, type MusicLookup } from "./music-directory.ts";
import { createMusicSearch } from "./music-search.ts";
import { AudioNodeError } from "./node-error.ts";
import { createTrack, type Track } from "./track.ts";

/** Options of {@link createTrackLoader}. */
export interface TrackLoaderOptions {
  /** The folder whose files can be played; none when left out. */
  readonly musicDirectory: string | undefined;
  readonly allowUrls: UrlPolicy;
}

/** Clients give up on a request after 10 to 15 s; an address that hangs must be told of before. */
const OPEN_TIMEOUT_MS = 8_000;

/** Turns identifiers into tracks, and tracks into audio. */
export interface TrackLoader {
  /** `local` and `http`, as far as they are enabled. */
  readonly sourceNames: readonly string[];
  /** What `GET /v4/loadtracks` answers; a failure is a result too. */
  load(identifier: string, signal: AbortSignal): Promise<WireLoadResult>;
  /** Whether the track's source is enabled. */
  canOpen(track: Track): boolean;
  /** Opens a track's audio; throws a VoiceSourceError when it cannot be played. */
  open(track: Track, options: Pick<OpenSourceOptions, "startMs" | "volumePercent" | "signal">): Promise<AudioSource>;
}

/** `ytsearch:`, `scsearch:`, `search:` and their like: where they would search elsewhere, this node searches its directory. */
const SEARCH_PREFIX = /^[a-z]*search:/i;

/** The exception of a failed load: `common` where the source is to blame, `fault` where this node is. */
export function toException(error: unknown): TrackException {
  const severity = error instanceof VoiceSourceError ? "common" : "fault";
  const message = error instanceof VoiceSourceError ? error.message : "Something went wrong on the node.";
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return { message, severity, cause: describeError(error), causeStackTrace: stack };
}

function outside(path: string): VoiceSourceError {
  return new VoiceSourceError(
    "SOURCE_NOT_FOUND",
    `"${path}" lies outside the music directory. Only files inside of it can be played.`,
  );
}

function pathOfFileUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new VoiceSourceError("SOURCE_INVALID_URL", `"${url}" is no address of a file on this machine.`, { cause });
  }
}

const EMPTY: WireLoadResult = { loadType: "empty", data: null };

/**
 * Builds a {@link TrackLoader}.
 *
 * @throws AudioNodeError AUDIO_NODE_INVALID_OPTIONS when the music directory is no folder
 */
export async function createTrackLoader({ musicDirectory, allowUrls }: TrackLoaderOptions): Promise<TrackLoader> {
  if (musicDirectory !== undefined && (await stat(musicDirectory).catch(() => undefined))?.isDirectory() !== true) {
    throw new AudioNodeError(
      "AUDIO_NODE_INVALID_OPTIONS",
      `musicDirectory: there is no folder ${musicDirectory}. Make it, or name another.`,
    );
  }
  const directory = musicDirectory === undefined ? undefined : await openMusicDirectory(musicDirectory);
  const urlOptions: OpenSourceOptions = {
    openTimeoutMs: OPEN_TIMEOUT_MS,
    ...(allowUrls === "public" ? { isAddressAllowed: isPublicAddress } : {}),
  };

  const loadFrom = async (
    place: Parameters<typeof createTrack>[0],
    input: SourceInput,
    signal: AbortSignal,
  ): Promise<Track> => {
    await using source = await openSource(input, { ...urlOptions, signal });
    return createTrack(place, source.info);
  };
  const loadFile = (file: MusicFile, signal: AbortSignal) =>
    loadFrom({ sourceName: "local", identifier: file.identifier }, { path: file.path }, signal);
  const search =
    directory === undefined
      ? undefined
      : createMusicSearch(directory, (file, signal) =>
          // A broken file in a folder must not break the search for the others.
          loadFile(file, signal).catch(() => undefined),
        );

  const find = async (path: string): Promise<MusicLookup> =>
    directory === undefined ? { kind: "missing" } : directory.find(path);
  const resolve = async (identifier: string, signal: AbortSignal): Promise<WireLoadResult> => {
    if (/^https?:\/\//i.test(identifier)) {
      if (allowUrls === "none")
        throw new VoiceSourceError("SOURCE_ADDRESS_REFUSED", "This node does not play addresses. Name a file.");
      return {
        loadType: "track",
        data: await loadFrom({ sourceName: "http", identifier }, { url: identifier }, signal),
      };
    }
    const prefix = SEARCH_PREFIX.exec(identifier)?.[0];
    if (prefix === undefined) {
      const path = identifier.startsWith("file:") ? pathOfFileUrl(identifier) : identifier;
      const found = await find(path);
      if (found.kind === "outside") throw outside(path);
      if (found.kind === "file") return { loadType: "track", data: await loadFile(found.file, signal) };
    }
    const tracks = (await search?.search(identifier.slice(prefix?.length ?? 0), { signal })) ?? [];
    return tracks.length === 0 ? EMPTY : { loadType: "search", data: [...tracks] };
  };

  const inputOf = async ({ info: { sourceName, identifier } }: Track): Promise<SourceInput> => {
    if (sourceName === "http") return { url: identifier };
    const found = await find(identifier);
    if (found.kind === "file") return { path: found.file.path };
    if (found.kind === "outside") throw outside(identifier);
    throw new VoiceSourceError("SOURCE_NOT_FOUND", `There is no file "${identifier}" in the music directory.`);
  };
  const sourceNames = [...(directory === undefined ? [] : ["local"]), ...(allowUrls === "none" ? [] : ["http"])];
  return {
    sourceNames,
    canOpen: (track) => sourceNames.includes(track.info.sourceName),
    async load(identifier, signal) {
      try {
        return await resolve(identifier, signal);
      } catch (error) {
        signal.throwIfAborted();
        return { loadType: "error", data: toException(error) };
      }
    },
    open: async (track, options) => openSource(await inputOf(track), { ...urlOptions, ...options }),
  };
}
