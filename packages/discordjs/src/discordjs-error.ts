import { AntiphonError } from "@antiphon/std";

/** What can go wrong in this package; each code has a paragraph in the README. */
export type DiscordJsErrorCode =
  | "DISCORDJS_ALREADY_READY"
  | "DISCORDJS_CLOSED"
  | "DISCORDJS_CONNECTION_REFUSED"
  | "DISCORDJS_INVALID_RESPONSE"
  | "DISCORDJS_LOGIN_FAILED"
  | "DISCORDJS_NOT_CONNECTED"
  | "DISCORDJS_REQUEST_REJECTED"
  | "DISCORDJS_REQUEST_FAILED";

/** Every error that this package throws. */
export class DiscordJsError extends AntiphonError<DiscordJsErrorCode> {}
