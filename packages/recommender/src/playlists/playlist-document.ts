import type { Track } from "../store/play.ts";

/** A playlist as a file holds it. */
export interface PlaylistDocument {
  readonly title: string;
  /** Who made it. */
  readonly creator?: string | undefined;
  readonly tracks: readonly PlaylistDocumentTrack[];
}

/** A track as a file holds it. */
export interface PlaylistDocumentTrack extends Track {
  readonly album?: string | undefined;
}

/** A text on one line, without characters that end lines or say nothing. */
export function toLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

/** Whether an identifier is a place to load from, as a URL or path, and not words to search by. */
export function isLocation(identifier: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\S+$/i.test(identifier) || /^(?:\.{0,2}\/|[a-z]:\\)/i.test(identifier);
}
