import { readdir, realpath, stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";

/** A file in the music directory. */
export interface MusicFile {
  /** Relative to the directory, with forward slashes. */
  readonly identifier: string;
  /** Where it really lies. */
  readonly path: string;
  /** Changes whenever the file does. */
  readonly revision: string;
}

/** What came of looking for a file. */
export type MusicLookup =
  | { readonly kind: "file"; readonly file: MusicFile }
  | { readonly kind: "folder"; readonly path: string; readonly name: string }
  | { readonly kind: "missing" }
  | { readonly kind: "outside" };

/** The files below one folder; nothing outside of it can be named, neither by `..` nor through a link. */
export interface MusicDirectory {
  /** Looks for a file by its path, relative to the directory or absolute inside of it. */
  find(path: string): Promise<MusicLookup>;
  /** The audio files, by name and in order, at most `MAXIMUM_FILES`; with a folder that was found, those below it. */
  list(folder?: string): Promise<readonly MusicFile[]>;
}

const MAXIMUM_FILES = 10_000;
const MAXIMUM_DEPTH = 16;
const AUDIO_NAME = /\.(wav|wave|mp3|flac|ogg|oga|opus)$/i;

/** Builds a {@link MusicDirectory}; the folder must exist. */
export async function openMusicDirectory(folder: string): Promise<MusicDirectory> {
  const root = await realpath(resolve(folder));
  const isInside = (path: string) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

  const find = async (path: string): Promise<MusicLookup> => {
    if (path.includes("\0")) return { kind: "missing" };
    const asked = isAbsolute(path) ? resolve(path) : resolve(root, path);
    // Asked first of the name alone, so that the answer does not tell what exists elsewhere.
    if (!isInside(asked)) return { kind: "outside" };
    const real = await realpath(asked).catch(() => undefined);
    if (real === undefined) return { kind: "missing" };
    if (!isInside(real)) return { kind: "outside" };
    const stats = await stat(real).catch(() => undefined);
    if (stats?.isDirectory() === true) return { kind: "folder", path: real, name: basename(asked) };
    if (stats?.isFile() !== true) return { kind: "missing" };
    const identifier = relative(root, asked).split(sep).join("/");
    return { kind: "file", file: { identifier, path: real, revision: `${stats.size}:${stats.mtimeMs}` } };
  };

  const list = async (folderAsked = root): Promise<readonly MusicFile[]> => {
    const files: MusicFile[] = [];
    const walk = async (folderPath: string, depth: number): Promise<void> => {
      const entries = await readdir(folderPath, { withFileTypes: true }).catch(() => []);
      for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        if (files.length >= MAXIMUM_FILES || entry.name.startsWith(".")) continue;
        const path = join(folderPath, entry.name);
        // Links to folders are not followed: they can make a circle.
        if (entry.isDirectory() && depth < MAXIMUM_DEPTH) await walk(path, depth + 1);
        else if (AUDIO_NAME.test(entry.name)) {
          const found = await find(path);
          if (found.kind === "file") files.push(found.file);
        }
      }
    };
    await walk(folderAsked, 0);
    return files;
  };
  return { find, list };
}
