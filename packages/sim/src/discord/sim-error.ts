import { AntiphonError } from "@antiphon/std";

/** What can go wrong when a test or the playground drives the simulated Discord. */
export type DiscordSimErrorCode =
  | "SIM_DISCORD_UNKNOWN_ENTITY"
  | "SIM_DISCORD_INVALID_ARGUMENT"
  | "SIM_DISCORD_INTERACTION_UNANSWERED"
  | "SIM_DISCORD_ENDPOINT_REFUSED"
  | "SIM_DISCORD_LISTEN_FAILED";

/** A misuse of the world's API, or an answer that a simulated user waited for in vain; clients never see it. */
export class DiscordSimError extends AntiphonError<DiscordSimErrorCode> {}

/** The value, or an error that names what was looked for. */
export function known<T>(value: T | undefined, kind: string, id: string): T {
  if (value !== undefined) return value;
  throw new DiscordSimError("SIM_DISCORD_UNKNOWN_ENTITY", `There is no ${kind} ${id} in this world; add it first.`, {
    details: { kind, id },
  });
}

/** The error for something that Discord's own client, or its developer portal, would not let a person do. */
export function invalidArgument(message: string): DiscordSimError {
  return new DiscordSimError("SIM_DISCORD_INVALID_ARGUMENT", message);
}
