import { decodeText, type ByteSource } from "../importers/decode-text.ts";
import { RecommenderError } from "../error.ts";
import type { ListenerLibrary } from "../store/listener-library.ts";
import { readJspfPlaylist } from "./jspf.ts";
import { readM3uPlaylist } from "./m3u.ts";
import type { PlaylistDocument } from "./playlist-document.ts";
import { readXspfPlaylist } from "./xspf.ts";

/** The formats of playlists. */
export type PlaylistFormat = "m3u" | "xspf" | "jspf";

/** Options of {@link importPlaylist}. */
export interface ImportPlaylistOptions {
  readonly store: ListenerLibrary;
  /** Whose playlist it becomes. */
  readonly userId: string;
  /** Its name. Defaults to the file's title, or "Imported". */
  readonly name?: string | undefined;
}

/** What became of a playlist's import. */
export interface PlaylistImport {
  readonly playlistId: string;
  readonly format: PlaylistFormat;
  readonly name: string;
  /** How many tracks it has. */
  readonly tracks: number;
  /** The places (from 1) of the first hundred entries that are no tracks: without a title, or with a text over 1,000 characters. */
  readonly invalidPlaces: readonly number[];
  readonly invalid: number;
}

const MAXIMUM_LENGTH = 8 * 1024 * 1024;
const MAXIMUM_TRACKS = 10_000;
const MAXIMUM_TEXT_LENGTH = 1_000;
const REPORTED_PLACES = 100;

/**
 * Imports a playlist whose format it recognises: M3U, XSPF or JSPF.
 *
 * @throws RecommenderError RECOMMENDER_IMPORT_FORMAT_UNKNOWN, RECOMMENDER_IMPORT_UNREADABLE (also beyond 8 Mi characters or 10,000
 * tracks)
 */
export async function importPlaylist(source: ByteSource, options: ImportPlaylistOptions): Promise<PlaylistImport> {
  const { store, userId } = options;
  let text = "";
  for await (const piece of decodeText(source)) {
    text += piece;
    if (text.length > MAXIMUM_LENGTH) throw tooLarge(`it is over ${MAXIMUM_LENGTH} characters`);
  }
  const { format, document } = readPlaylist(text);
  if (document.tracks.length > MAXIMUM_TRACKS) throw tooLarge(`it has over ${MAXIMUM_TRACKS} tracks`);
  const isTrack = ({ title, artist, identifier }: PlaylistDocument["tracks"][0]) =>
    title !== "" &&
    [title, artist, identifier].every((each) => each.length <= MAXIMUM_TEXT_LENGTH && !each.includes("\0"));
  const invalidPlaces = document.tracks.flatMap((track, index) => (isTrack(track) ? [] : [index + 1]));
  const tracks = document.tracks.filter(isTrack);
  const name = options.name ?? (document.title.slice(0, MAXIMUM_TEXT_LENGTH) || "Imported");
  const playlistId = await store.createPlaylist({ userId, name, type: "imported" });
  await store.addTracksToPlaylist(
    playlistId,
    tracks.map(({ artist, title, durationMs, identifier }) => ({ artist, title, durationMs, identifier })),
  );
  return {
    playlistId,
    format,
    name,
    tracks: tracks.length,
    invalidPlaces: invalidPlaces.slice(0, REPORTED_PLACES),
    invalid: invalidPlaces.length,
  };
}

/**
 * Reads the text of a playlist whose format it recognises.
 *
 * @throws RecommenderError RECOMMENDER_IMPORT_FORMAT_UNKNOWN
 */
export function readPlaylist(text: string): { readonly format: PlaylistFormat; readonly document: PlaylistDocument } {
  const head = text.replace(/^\uFEFF/, "").trimStart();
  if (head.startsWith("<") && /<(?:[\w-]+:)?playlist[\s>]/i.test(head.slice(0, 4_096)))
    return { format: "xspf", document: readXspfPlaylist(head) };
  if (head.startsWith("{")) {
    const document = readJspfPlaylist(parse(head));
    if (document !== undefined) return { format: "jspf", document };
  }
  // A list of URLs without the header is an M3U too; other text is not.
  if (/^#EXTM3U/i.test(head) || /^(?:#.*\r?\n)*(?:[a-z][a-z0-9+.-]*:\/\/|\.{0,2}\/)\S/i.test(head))
    return { format: "m3u", document: readM3uPlaylist(head) };
  throw new RecommenderError(
    "RECOMMENDER_IMPORT_FORMAT_UNKNOWN",
    "Cannot import the playlist: it is no M3U, XSPF or JSPF. A listening history is read by importHistory.",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, and so no JSPF.
    return undefined;
  }
}

function tooLarge(what: string): RecommenderError {
  return new RecommenderError("RECOMMENDER_IMPORT_UNREADABLE", `Cannot import the playlist: ${what}. Split it.`);
}
