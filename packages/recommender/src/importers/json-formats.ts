import { parseDate } from "./parse-date.ts";
import { toImportRow, type ImportRow } from "./import-row.ts";

/** A format whose rows are JSON objects. */
export interface JsonFormat {
  readonly name: "listenBrainz" | "spotify" | "youTubeMusic";
  /** Whether an object looks like a row of this format. */
  matches(value: Fields): boolean;
  /** The rows of an object; most have one. */
  rows(line: number, value: Fields, nowMs: number): readonly ImportRow[];
}

/** An object whose members nobody has checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** Less than this and Spotify's row is a skip. */
const SPOTIFY_PLAYED_MS = 30_000;
const TOPIC = " - Topic";

/** The value as an object with members; empty for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function listensOf(value: Fields): readonly Fields[] {
  const payload = value["payload"];
  const listens = Array.isArray(payload) ? payload : listOf(fieldsOf(payload)["listens"]);
  return "track_metadata" in value ? [value] : listens.map(fieldsOf);
}

const listenBrainz: JsonFormat = {
  name: "listenBrainz",
  matches: (value) => listensOf(value).some((listen) => "track_metadata" in listen),
  rows(line, value, nowMs) {
    return listensOf(value).map((listen) => {
      const metadata = fieldsOf(listen["track_metadata"]);
      const info = fieldsOf(metadata["additional_info"]);
      if (!("listened_at" in listen)) return { line, problem: "nowPlaying" };
      const seconds = Number(listen["listened_at"] ?? Number.NaN);
      const url = textOf(info["origin_url"]);
      const raw = {
        artist: textOf(metadata["artist_name"]),
        title: textOf(metadata["track_name"]),
        album: textOf(metadata["release_name"]),
        startedAtMs: Math.round(seconds * 1_000),
        durationMs: numberOf(info["duration_ms"]),
        identifier: url === "" ? undefined : url,
      };
      return toImportRow(line, raw, nowMs);
    });
  },
};

const spotify: JsonFormat = {
  name: "spotify",
  matches: (value) => ("ts" in value && "ms_played" in value) || ("endTime" in value && "msPlayed" in value),
  rows(line, value, nowMs) {
    const playedMs = numberOf(value["ms_played"] ?? value["msPlayed"]) ?? 0;
    const isEpisode = typeof value["episode_name"] === "string";
    const title = textOf(value["master_metadata_track_name"] ?? value["trackName"]);
    if (isEpisode || ("ts" in value && title === "")) return [{ line, problem: "notMusic" }];
    if (playedMs < SPOTIFY_PLAYED_MS) return [{ line, problem: "tooShort" }];
    const uri = textOf(value["spotify_track_uri"]);
    // Both dates are the end of the play.
    const startedAtMs = parseDate(textOf(value["ts"] ?? value["endTime"])) - playedMs;
    const raw = {
      artist: textOf(value["master_metadata_album_artist_name"] ?? value["artistName"]),
      title,
      album: textOf(value["master_metadata_album_album_name"]),
      startedAtMs: Math.round(startedAtMs),
      identifier: uri === "" ? undefined : uri,
    };
    return [toImportRow(line, raw, nowMs)];
  },
};

const youTubeMusic: JsonFormat = {
  name: "youTubeMusic",
  matches: (value) => "header" in value && "title" in value && "time" in value,
  rows(line, value, nowMs) {
    if (value["header"] !== "YouTube Music") return [{ line, problem: "notMusic" }];
    const channel = textOf(fieldsOf(listOf(value["subtitles"])[0])["name"]);
    const url = textOf(value["titleUrl"]);
    const raw = {
      artist: channel.endsWith(TOPIC) ? channel.slice(0, -TOPIC.length) : channel,
      // The verb stands before the title, in the language of the account; English is what most have.
      title: textOf(value["title"]).replace(/^Watched /, ""),
      startedAtMs: parseDate(textOf(value["time"])),
      identifier: url === "" ? undefined : url,
    };
    return [toImportRow(line, raw, nowMs)];
  },
};

/** Every format whose rows are JSON objects. */
export const jsonFormats: readonly JsonFormat[] = [listenBrainz, spotify, youTubeMusic];
