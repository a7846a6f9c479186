import { LavalinkError } from "./error.ts";

const MAXIMUM_VOLUME_PERCENT = 1000;

/** Throws `LAVALINK_INVALID_ARGUMENT` unless the condition holds. */
export function check(condition: boolean, message: string): void {
  if (!condition) throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}

/** Refuses what is no volume. */
export function checkVolume(percent: number): void {
  const valid = Number.isInteger(percent) && percent >= 0 && percent <= MAXIMUM_VOLUME_PERCENT;
  check(valid, `volume: ${percent} is not a whole number from 0 to ${MAXIMUM_VOLUME_PERCENT}.`);
}

/** Refuses what is no position. */
export function checkPosition(atMs: number): void {
  check(Number.isFinite(atMs) && atMs >= 0, `position: ${atMs} is not a position in milliseconds.`);
}
