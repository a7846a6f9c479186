import type { Random } from "@antiphon/std";
import type { Listened, Sessions } from "../src/sequence/listened.ts";

const ARTISTS = 300;
const TRACKS_OF_AN_ARTIST = 24;
const ALBUM_TRACKS = 12;
const SESSIONS = 150;
const HOUR_MS = 3_600_000;

/**
 * Draws a listener's history. Each has fifteen artists, the n-th played 1/n as often as the first, and four playlists of fifteen of
 * their tracks. A session, every eight hours or so, is by the listener's habit: an album in order from its beginning, a playlist in
 * order with three tracks in ten left out, or a shuffle of the fifteen artists' tracks; one play in ten is a track of any artist.
 * Habits differ: `albumRatio` and `playlistRatio` are drawn from 0.1 to 0.5 each, the rest is shuffle. Sessions have 4 to 16 plays.
 */
export function drawListener(random: Random): Sessions {
  const artists = random.shuffle(Array.from({ length: ARTISTS }, (_, index) => index)).slice(0, 15);
  const anyTrack = (artist: number) => trackName(artist, random.integer(0, TRACKS_OF_AN_ARTIST - 1));
  const favourite = () => artists[zipf(random, artists.length)] ?? 0;
  const playlists = Array.from({ length: 4 }, () => Array.from({ length: 15 }, () => anyTrack(favourite())));
  const albumRatio = 0.1 + random.next() * 0.4;
  const playlistRatio = 0.1 + random.next() * 0.4;

  const album = () => {
    const artist = favourite();
    const first = random.next() < 0.5 ? 0 : ALBUM_TRACKS;
    return Array.from({ length: ALBUM_TRACKS }, (_, index) => trackName(artist, first + index));
  };
  const sequence = () => {
    const habit = random.next();
    if (habit < albumRatio) return album();
    if (habit < albumRatio + playlistRatio) return random.pick(playlists).filter(() => random.next() > 0.3);
    return Array.from({ length: 16 }, () => anyTrack(favourite()));
  };
  return Array.from({ length: SESSIONS }, (_, session) => {
    const length = random.integer(4, 16);
    const startMs = (session * 8 + random.integer(0, 3)) * HOUR_MS;
    return sequence()
      .slice(0, length)
      .map((key, place): Listened => ({
        key: random.next() < 0.1 ? anyTrack(random.integer(0, ARTISTS - 1)) : key,
        atMs: startMs + place * 200_000,
      }));
  }).filter((session) => session.length > 0);
}

/** The artist of a drawn track. */
export function artistOf(key: string): string {
  return key.split("/")[0] ?? "";
}

function trackName(artist: number, track: number): string {
  return `${artist}/${track}`;
}

function zipf(random: Random, count: number): number {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1));
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => (left -= weight) < 0);
}
