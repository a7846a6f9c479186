import { isLocation, toLine, type PlaylistDocument, type PlaylistDocumentTrack } from "./playlist-document.ts";
import { readXml } from "./read-xml.ts";

/**
 * The text of an XSPF file. What is no URL or path, such as words to search by, becomes an `identifier` instead of a `location`.
 *
 * @see XSPF version 1
 */
export function createXspfPlaylist({ title, creator, tracks }: PlaylistDocument): string {
  const entries = tracks.map((track) => {
    const { artist, title: name, album, durationMs, identifier } = track;
    const fields = [
      element(isLocation(identifier) ? "location" : "identifier", identifier),
      element("title", name),
      element("creator", artist),
      element("album", album),
      element("duration", durationMs === null ? undefined : String(durationMs)),
    ];
    return `    <track>${fields.join("")}</track>\n`;
  });
  const head = [element("title", title), element("creator", creator)].join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/">\n  ${head}\n  <trackList>\n${entries.join("")}  </trackList>\n</playlist>\n`;
}

/** Reads an XSPF file. Entities beyond XML's own five are left as they are written. */
export function readXspfPlaylist(text: string): PlaylistDocument {
  const tracks: PlaylistDocumentTrack[] = [];
  const playlist: Record<string, string> = {};
  let track: Record<string, string> | undefined;
  let path: string[] = [];
  for (const event of readXml(text)) {
    if (event.type === "open") {
      path.push(event.name);
      if (event.name === "track") track = {};
    } else if (event.type === "text") {
      const name = path.at(-1) ?? "";
      const into = track !== undefined && path.at(-2) === "track" ? track : path.length === 2 ? playlist : undefined;
      if (into !== undefined) into[name] = (into[name] ?? "") + event.text;
    } else {
      // A close of something else than what is open closes all in between: files in the wild are not well-formed.
      const at = path.lastIndexOf(event.name);
      if (at !== -1) path = path.slice(0, at);
      if (event.name === "track" && track !== undefined) {
        tracks.push(toTrack(track));
        track = undefined;
      }
    }
  }
  const { title = "", creator } = playlist;
  return { title: toLine(title), ...(creator === undefined ? {} : { creator: toLine(creator) }), tracks };
}

function toTrack(fields: Readonly<Record<string, string>>): PlaylistDocumentTrack {
  const [artist = "", title = "", album = ""] = ["creator", "title", "album"].map((name) => toLine(fields[name] ?? ""));
  const durationMs = Number(fields["duration"] ?? Number.NaN);
  const identifier = toLine(fields["location"] ?? fields["identifier"] ?? "");
  return {
    artist,
    title,
    durationMs: Number.isSafeInteger(durationMs) && durationMs > 0 ? durationMs : null,
    identifier: identifier === "" ? `${artist} ${title}`.trim() : identifier,
    ...(album === "" ? {} : { album }),
  };
}

function element(name: string, text: string | undefined): string {
  return text === undefined || text === "" ? "" : `<${name}>${escapeXml(toLine(text))}</${name}>`;
}

function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  return text.toWellFormed().replaceAll(/[&<>"']/g, (character) => names[character] ?? "");
}
