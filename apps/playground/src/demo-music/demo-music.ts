import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeWav } from "./encode-wav.ts";
import { demoPieces } from "./pieces.ts";
import { renderPiece } from "./score.ts";

/** Changes when a piece does, so that an older rendering is not taken for it. */
const EDITION = "1";

/** A rendered piece on disk. */
export interface DemoTrack {
  readonly title: string;
  readonly artist: string;
  readonly path: string;
}

/**
 * Renders the demo pieces into a folder, those that are missing; `onProgress` is told after each how many are there. Rejects with the
 * file system's error when the folder cannot be written.
 */
export async function ensureDemoMusic(
  folder: string,
  options: {
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<readonly DemoTrack[]> {
  const target = join(folder, `edition-${EDITION}`);
  await mkdir(target, { recursive: true });
  const tracks: DemoTrack[] = [];
  for (const compose of demoPieces) {
    options.signal?.throwIfAborted();
    const piece = compose();
    const path = join(target, `${piece.artist} - ${piece.title}.wav`);
    if (!(await exists(path))) {
      // Written beside and moved, so that an interrupted start leaves no half a track.
      const partial = `${path}.${process.pid}.partial`;
      await writeFile(partial, encodeWav(renderPiece(piece), piece));
      await rename(partial, path);
    }
    tracks.push({ title: piece.title, artist: piece.artist, path });
    options.onProgress?.(tracks.length, demoPieces.length);
  }
  return tracks;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
