/** What a playlist's file names, in order. */
export interface PlaylistFile {
  /** What it calls itself. */
  readonly name: string | undefined;
  /** Paths and addresses as they are written. */
  readonly locations: readonly string[];
}

/** Files that hold a playlist, by their names. */
export const PLAYLIST_NAME = /\.(m3u8?|pls|xspf)$/i;

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** The text of an XML element without markup of its own. */
function textOfXml(xml: string): string {
  const cdata = /^\s*<!\[CDATA\[(.*?)\]\]>\s*$/s.exec(xml)?.[1];
  if (cdata !== undefined) return cdata;
  return xml.trim().replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,8}));/gi, (whole, decimal, hex, name: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}

/** A location of XSPF is an address, and a relative one stands for a file: `My%20Song.mp3`. */
function fileOfUri(uri: string): string {
  if (/^[a-z][a-z\d+.-]+:/i.test(uri)) return uri;
  try {
    return decodeURIComponent(uri);
  } catch {
    // Written by somebody who did not encode it.
    return uri;
  }
}

/** What stands between two marks, by plain search: a pattern would take the square of a hostile text's length. */
function between(text: string, open: string, close: string): string | undefined {
  const start = text.indexOf(open);
  const end = start < 0 ? -1 : text.indexOf(close, start + open.length);
  return end < 0 ? undefined : text.slice(start + open.length, end);
}

function withoutComments(xml: string): string {
  const [first = "", ...others] = xml.split("<!--");
  return first + others.map((piece) => piece.split("-->").slice(1).join("-->")).join("");
}

/** Only titles and locations are looked for, which nest in nothing of their own name: no tree is needed for that. */
function parseXspf(text: string): PlaylistFile {
  const [head = "", ...tracks] = withoutComments(text).split("<track>");
  const name = between(head, "<title>", "</title>");
  const locations = tracks.flatMap((track) => {
    // There can be several, of which any will do.
    const location = between(track, "<location>", "</location>");
    return location === undefined ? [] : [fileOfUri(textOfXml(location))];
  });
  return { name: name === undefined ? undefined : textOfXml(name), locations };
}

function parsePls(lines: readonly string[]): PlaylistFile {
  const files = lines.flatMap((line) => {
    const [, number, location] = /^file(\d+)\s*=\s*(.+)$/i.exec(line) ?? [];
    return location === undefined ? [] : [{ number: Number(number), location }];
  });
  return {
    name: lines.map((line) => /^playlistname\s*=\s*(.+)$/i.exec(line)?.[1]).find((found) => found !== undefined),
    locations: files.toSorted((a, b) => a.number - b.number).map(({ location }) => location),
  };
}

function parseM3u(lines: readonly string[]): PlaylistFile {
  return {
    name: lines.map((line) => /^#PLAYLIST:\s*(.+)$/i.exec(line)?.[1]).find((found) => found !== undefined),
    locations: lines.filter((line) => line !== "" && !line.startsWith("#")),
  };
}

/**
 * Reads M3U, PLS or XSPF, told apart by what is in them; undefined for the pieces of an HLS stream, which are no tracks.
 *
 * @see XSPF Version 1
 */
export function parsePlaylist(text: string): PlaylistFile | undefined {
  const plain = text.replace(/^\uFEFF/, "");
  if (/^\s*<(\?xml|playlist|!--)/i.test(plain)) return parseXspf(plain);
  const lines = plain.split(/\r\n|\r|\n/).map((line) => line.trim());
  if (lines.some((line) => line.startsWith("#EXT-X-"))) return undefined;
  return lines.some((line) => /^\[playlist\]$/i.test(line)) ? parsePls(lines) : parseM3u(lines);
}
