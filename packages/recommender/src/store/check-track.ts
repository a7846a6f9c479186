import { RecommenderError } from "../error.ts";
import type { Play, Track } from "./play.ts";

const MAXIMUM_TEXT_LENGTH = 1_000;

function refuse(what: string): never {
  throw new RecommenderError("RECOMMENDER_INVALID_PLAY", `Cannot record ${what}.`);
}

/** Refuses texts that are too long or have a NUL character. */
export function checkTexts(subject: string, texts: Readonly<Record<string, string | undefined>>): void {
  for (const name in texts) checkText(subject, name, texts[name]);
}

function checkText(subject: string, name: string, text: string | undefined): void {
  if (text === undefined) return;
  if (text.length > MAXIMUM_TEXT_LENGTH) refuse(`${subject}: ${name} is over ${MAXIMUM_TEXT_LENGTH} characters`);
  // PostgreSQL keeps no such text.
  if (text.includes("\0")) refuse(`${subject}: ${name} has a NUL character`);
}

/** Refuses a track with a length that is none or texts that are too long. */
export function checkTrack(subject: string, { artist, title, identifier, durationMs }: Track): void {
  if (durationMs !== null && !(Number.isSafeInteger(durationMs) && durationMs >= 0))
    refuse(`${subject}: durationMs must be a whole number of milliseconds or null, not ${durationMs}`);
  checkText(subject, "artist", artist);
  checkText(subject, "title", title);
  checkText(subject, "identifier", identifier);
}

/** Refuses a time that is no whole number of milliseconds since the epoch. */
export function checkTime(subject: string, startedAtMs: number): void {
  if (!Number.isSafeInteger(startedAtMs) || startedAtMs < 0) refuse(`${subject}: startedAtMs is ${startedAtMs}`);
}

/** Refuses a play that is none. */
export function checkPlay(play: Play): void {
  const { playId, communityId, track, heardRatio, startedAtMs } = play;
  const subject = `play ${playId.slice(0, 80)}`;
  if (!(heardRatio >= 0 && heardRatio <= 1)) refuse(`${subject}: heardRatio must be from 0 to 1, not ${heardRatio}`);
  checkTime(subject, startedAtMs);
  if (playId === "" || communityId === "") refuse(`${subject}: playId and communityId must not be empty`);
  checkTrack(subject, track);
  checkTexts(subject, { playId, communityId, userId: play.userId ?? undefined });
}
