import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { TrackException, WireLoadResult } from "@antiphon/protocol/lavalink";
import { describeError, isPublicAddress } from "@antiphon/std";
import {
  openSource,
  VoiceSourceError,
  type AudioSource,
  type OpenSourceOptions,
  type SourceInput,
} from "@antiphon/voice/source";
import type { UrlPolicy } from "./address-policy.ts";
import { openMusicDirectory, type MusicFile, type MusicLookup } from "./music-directory.ts";
import { createPlaylistLoader } from "./playlist-loader.ts";
import { PLAYLIST_NAME } from "./parse-playlist.ts";
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

/** How a track's audio is opened. */
export type TrackOpenOptions = Pick<OpenSourceOptions, "startMs" | "volumePercent" | "signal" | "onStreamTitle">;

/** Turns identifiers into tracks, and tracks into audio. */
export interface TrackLoader {
  /** `local` and `http`, as far as they are enabled. */
  readonly sourceNames: readonly string[];
  /** What `GET /v4/loadtracks` answers; a failure is a result too. */
  load(identifier: string, signal: AbortSignal): Promise<WireLoadResult>;
  /** Whether the track's source is enabled. */
  canOpen(track: Track): boolean;
  /** Opens a track's audio; throws a VoiceSourceError when it cannot be played. */
  open(track: Track, options: TrackOpenOptions): Promise<AudioSource>;
}

const URL_START = /^https?:\/\//i;
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
    // What strangers name is not handed to ffmpeg, which reads hundreds of formats.
    ffmpeg: null,
    ...(allowUrls === "public" ? { isAddressAllowed: isPublicAddress } : {}),
  };
  const optionsFor = (input: SourceInput): OpenSourceOptions =>
    "url" in input ? urlOptions : { openTimeoutMs: OPEN_TIMEOUT_MS };

  const loadFrom = async (
    place: Parameters<typeof createTrack>[0],
    input: SourceInput,
    signal: AbortSignal,
  ): Promise<Track> => {
    await using source = await openSource(input, { ...optionsFor(input), signal });
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
  const loadUrl = (url: string, signal: AbortSignal): Promise<Track> => {
    if (allowUrls === "none")
      throw new VoiceSourceError("SOURCE_ADDRESS_REFUSED", "This node does not play addresses. Name a file.");
    return loadFrom({ sourceName: "http", identifier: url }, { url }, signal);
  };
  const findFile = (identifier: string) =>
    find(identifier.startsWith("file:") ? pathOfFileUrl(identifier) : identifier);
  const playlists = createPlaylistLoader({
    loadFile,
    async loadOne(location, signal) {
      if (URL_START.test(location)) return loadUrl(location, signal);
      const found = await findFile(location);
      // A playlist within a playlist could name itself.
      return found.kind === "file" && !PLAYLIST_NAME.test(found.file.path) ? loadFile(found.file, signal) : undefined;
    },
  });
  const loadNamed = async (identifier: string, signal: AbortSignal): Promise<WireLoadResult | undefined> => {
    const found = await findFile(identifier);
    if (found.kind === "outside") throw outside(identifier);
    if (found.kind === "folder") {
      const files = (await directory?.list(found.path)) ?? [];
      return files.length === 0 ? EMPTY : playlists.loadFolder(found.name, files, signal);
    }
    if (found.kind !== "file") return undefined;
    if (PLAYLIST_NAME.test(found.file.path)) return playlists.loadPlaylist(found.file, signal);
    return { loadType: "track", data: await loadFile(found.file, signal) };
  };
  const resolve = async (identifier: string, signal: AbortSignal): Promise<WireLoadResult> => {
    if (URL_START.test(identifier)) return { loadType: "track", data: await loadUrl(identifier, signal) };
    const prefix = SEARCH_PREFIX.exec(identifier)?.[0];
    const named = prefix === undefined ? await loadNamed(identifier, signal) : undefined;
    if (named !== undefined) return named;
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
    async open(track, options) {
      const input = await inputOf(track);
      return openSource(input, { ...optionsFor(input), ...options });
    },
  };
}
