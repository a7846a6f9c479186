import { readFile, stat } from "node:fs/promises";
import { posix } from "node:path";
import type { WireLoadResult } from "@antiphon/protocol/lavalink";
import { VoiceSourceError } from "@antiphon/voice/source";
import type { MusicFile } from "./music-directory.ts";
import { parsePlaylist } from "./parse-playlist.ts";
import type { Track } from "./track.ts";

/** Where a playlist's tracks come from. */
export interface PlaylistSources {
  /** One track by path or address; undefined when there is none, or none that is allowed. */
  readonly loadOne: (location: string, signal: AbortSignal) => Promise<Track | undefined>;
  /** One file that was found. */
  readonly loadFile: (file: MusicFile, signal: AbortSignal) => Promise<Track>;
}

/** Makes playlists of files and folders. */
export interface PlaylistLoader {
  /** Reads a playlist's file. @throws VoiceSourceError SOURCE_TOO_LARGE, SOURCE_UNKNOWN_FORMAT */
  loadPlaylist(file: MusicFile, signal: AbortSignal): Promise<WireLoadResult>;
  /** All that is in a folder. */
  loadFolder(name: string, files: readonly MusicFile[], signal: AbortSignal): Promise<WireLoadResult>;
}

const MAXIMUM_BYTES = 256 * 1024;
const MAXIMUM_TRACKS = 500;
/** Files and addresses that are opened at a time. */
const AT_ONCE = 4;
/** Clients give up on a request after 10 to 15 s: what was not opened by then is left out. */
const PATIENCE_MS = 8_000;

/** Opens some at a time and keeps their order; those that cannot be opened, or not in time, are undefined. */
async function openEach<T>(
  items: readonly T[],
  open: (item: T, signal: AbortSignal) => Promise<Track | undefined>,
  signal: AbortSignal,
): Promise<readonly Track[]> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const opened: (Track | undefined)[] = [];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < items.length && !both.aborted; index = next++) {
      opened[index] = await open(items[index] as T, both).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  signal.throwIfAborted();
  return opened.filter((track) => track !== undefined);
}

/** Builds a {@link PlaylistLoader}. */
export function createPlaylistLoader({ loadOne, loadFile }: PlaylistSources): PlaylistLoader {
  const toResult = (name: string, tracks: readonly Track[], listed: number): WireLoadResult => ({
    loadType: "playlist",
    data: {
      info: { name, selectedTrack: -1 },
      pluginInfo: { skippedTracks: listed - tracks.length },
      tracks: [...tracks],
    },
  });
  return {
    async loadPlaylist(file, signal) {
      const { size } = await stat(file.path);
      if (size > MAXIMUM_BYTES) {
        const message = `The playlist "${file.identifier}" has ${size} bytes; ${MAXIMUM_BYTES} are allowed.`;
        throw new VoiceSourceError("SOURCE_TOO_LARGE", message);
      }
      const playlist = parsePlaylist(await readFile(file.path, "utf8"));
      if (playlist === undefined) {
        const message = `"${file.identifier}" lists the pieces of an HLS stream, which is not played.`;
        throw new VoiceSourceError("SOURCE_UNKNOWN_FORMAT", message);
      }
      const folder = posix.dirname(file.identifier);
      const locations = playlist.locations.slice(0, MAXIMUM_TRACKS).map((location) => {
        if (/^[a-z][a-z\d+.-]+:\/\//i.test(location)) return location;
        const path = location.replaceAll("\\", "/");
        return posix.isAbsolute(path) ? path : posix.join(folder, path);
      });
      const tracks = await openEach(locations, loadOne, signal);
      const name = playlist.name ?? posix.basename(file.identifier, posix.extname(file.identifier));
      return toResult(name, tracks, playlist.locations.length);
    },
    async loadFolder(name, files, signal) {
      return toResult(name, await openEach(files.slice(0, MAXIMUM_TRACKS), loadFile, signal), files.length);
    },
  };
}
