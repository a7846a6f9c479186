import type { Track } from "../store/play.ts";
import { toLine, type PlaylistDocument, type PlaylistDocumentTrack } from "./playlist-document.ts";

/**
 * The text of an extended M3U file in UTF-8 (M3U8). A title cannot end its line, so that no text of a track becomes an entry.
 */
export function createM3uPlaylist(
  tracks: readonly PlaylistDocumentTrack[],
  { title }: { readonly title?: string | undefined } = {},
): string {
  const head = title === undefined ? ["#EXTM3U"] : ["#EXTM3U", `#PLAYLIST:${toLine(title)}`];
  const entries = tracks.flatMap(({ artist, title: name, durationMs, identifier, album }) => [
    `#EXTINF:${durationMs === null ? -1 : Math.round(durationMs / 1_000)},${toLine(`${artist} - ${name}`)}`,
    ...(album === undefined ? [] : [`#EXTALB:${toLine(album)}`]),
    // A line that begins with # would be a comment.
    toLine(identifier).replace(/^#/, "./#"),
  ]);
  return `${[...head, ...entries].join("\n")}\n`;
}

/** Reads an M3U file, extended or not. */
export function readM3uPlaylist(text: string): PlaylistDocument {
  const tracks: PlaylistDocumentTrack[] = [];
  let title = "";
  let info: { readonly name: string; readonly durationMs: number | null } | undefined;
  let album: string | undefined;
  for (const line of text.split(/\r\n|\n|\r/).map((each) => each.trim())) {
    if (line.startsWith("#PLAYLIST:")) title = line.slice("#PLAYLIST:".length).trim();
    else if (line.startsWith("#EXTALB:")) album = line.slice("#EXTALB:".length).trim();
    else if (line.startsWith("#EXTINF:")) info = readInfo(line.slice("#EXTINF:".length));
    else if (line !== "" && !line.startsWith("#")) {
      const { durationMs = null } = info ?? {};
      tracks.push({ ...splitName(info?.name ?? nameOf(line)), durationMs, identifier: line, ...(album && { album }) });
      info = undefined;
      album = undefined;
    }
  }
  return { title, tracks };
}

/** `123,Artist - Title`, with attributes before the comma that are left out. */
function readInfo(text: string) {
  const match = /^\s*(-?\d+(?:\.\d+)?)[^,]*,(.*)$/.exec(text);
  const seconds = Number(match?.[1] ?? Number.NaN);
  return { name: (match?.[2] ?? text).trim(), durationMs: seconds > 0 ? Math.round(seconds * 1_000) : null };
}

function splitName(name: string): Pick<Track, "artist" | "title"> {
  const at = name.indexOf(" - ");
  return at === -1
    ? { artist: "", title: name }
    : { artist: name.slice(0, at).trim(), title: name.slice(at + 3).trim() };
}

/** The name of a file, without its folders and its kind. */
function nameOf(location: string): string {
  const file = location.split(/[\\/]/).at(-1) ?? location;
  const name = file.replace(/\.[a-z0-9]{2,4}$/i, "");
  try {
    return decodeURIComponent(name);
  } catch {
    // A per cent sign that encodes nothing.
    return name;
  }
}
