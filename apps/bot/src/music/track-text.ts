import { createHash } from "node:crypto";
import { escapeMarkdown, truncate } from "@antiphon/core";
import type { QueuedTrack, Track } from "@antiphon/lavalink";

const BAR_LENGTH = 16;
const UNKNOWN_ARTIST = "unknown artist";

/** The artist of a track, where there is one. */
function artistOf({ info }: Pick<Track, "info">): string {
  return info.author === "" ? UNKNOWN_ARTIST : info.author;
}

/** A track as one line whose markup is harmless: "**Tidewater** by The Lanterns". */
export function trackLine(track: Track): string {
  return `**${escapeMarkdown(truncate(track.info.title, 100))}** by ${escapeMarkdown(truncate(artistOf(track), 80))}`;
}

/** The same, short enough for ten in one embed whatever is in it: escaped, a text is up to twice as long. */
export function listLine(track: Pick<Track, "info">): string {
  return `**${escapeMarkdown(truncate(track.info.title, 60))}** by ${escapeMarkdown(truncate(artistOf(track), 40))}`;
}

/** Tells a track from others in a custom id; empty without one. */
export function trackMark(track: Track | null): string {
  return track === null ? "" : createHash("sha256").update(track.encoded).digest("hex").slice(0, 12);
}

/** The same without markup, for places that show none. */
export function plainTrackLine(track: Track): string {
  return `${truncate(track.info.title, 60)} – ${truncate(artistOf(track), 36)}`;
}

/** `1:05`, or `1:02:03` from an hour on. */
export function durationText(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** How long a track is; "live" for one without an end. */
export function lengthText({ info }: Track): string {
  return info.isStream ? "live" : durationText(info.length);
}

/** A line that shows how far a track has come: `▬▬▬🔘▬▬▬ 0:12 / 0:44`. */
export function progressText(track: QueuedTrack, positionMs: number): string {
  if (track.info.isStream) return `🔴 live, ${durationText(positionMs)} so far`;
  const lengthMs = Math.max(1, track.info.length);
  const done = Math.min(BAR_LENGTH - 1, Math.floor((positionMs / lengthMs) * BAR_LENGTH));
  const bar = `${"▬".repeat(done)}🔘${"▬".repeat(BAR_LENGTH - 1 - done)}`;
  return `${bar} ${durationText(Math.min(positionMs, lengthMs))} / ${durationText(lengthMs)}`;
}
