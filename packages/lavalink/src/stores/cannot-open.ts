import { describeError } from "@antiphon/std";
import { LavalinkError } from "../error.ts";

/** The error of a store whose place cannot be used. */
export function cannotOpen(operation: string, place: string, cause: unknown): LavalinkError {
  const message = `${operation}: ${place} cannot be used: ${describeError(cause)}. Check that its folder exists and may be written.`;
  return new LavalinkError("LAVALINK_STORE_FAILED", message, { details: { place }, cause });
}
