import { isLocation, type PlaylistDocument, type PlaylistDocumentTrack } from "./playlist-document.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The text of a JSPF file, as ListenBrainz takes it.
 *
 * @see JSPF, "XSPF in JSON"
 */
export function createJspfPlaylist({ title, creator, tracks }: PlaylistDocument): string {
  const track = tracks.map(({ artist, title: name, album, durationMs, identifier }) => ({
    title: name,
    creator: artist,
    ...(album === undefined ? {} : { album }),
    ...(durationMs === null ? {} : { duration: durationMs }),
    ...(isLocation(identifier) ? { location: [identifier] } : { identifier: [identifier] }),
  }));
  return `${JSON.stringify({ playlist: { title, ...(creator === undefined ? {} : { creator }), track } }, null, 2)}\n`;
}

/** Reads a JSPF file that has been parsed; undefined when it holds no playlist. */
export function readJspfPlaylist(value: unknown): PlaylistDocument | undefined {
  const playlist = fieldsOf(fieldsOf(value)["playlist"]);
  const { track } = playlist as { readonly track?: unknown };
  if (!Array.isArray(track)) return undefined;
  const creator = textOf(playlist["creator"]);
  return {
    title: textOf(playlist["title"]),
    ...(creator === "" ? {} : { creator }),
    tracks: track.map((entry) => toTrack(fieldsOf(entry))),
  };
}

function toTrack(fields: Fields): PlaylistDocumentTrack {
  const [artist, title, album] = ["creator", "title", "album"].map((name) => textOf(fields[name]));
  const { duration } = fields as { readonly duration?: unknown };
  const identifier = firstOf(fields["location"]) || firstOf(fields["identifier"]);
  return {
    artist: artist ?? "",
    title: title ?? "",
    durationMs: typeof duration === "number" && Number.isSafeInteger(duration) && duration > 0 ? duration : null,
    identifier: identifier === "" ? `${artist} ${title}`.trim() : identifier,
    ...(album ? { album } : {}),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** JSPF has lists where some write a single text. */
function firstOf(value: unknown): string {
  return textOf(Array.isArray(value) ? value[0] : value);
}
