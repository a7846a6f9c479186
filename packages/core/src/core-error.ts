import { AntiphonError } from "@antiphon/std";

/** What can go wrong in this package; each code has a paragraph in the README. */
export type CoreErrorCode =
  | "CORE_TOKEN_MISSING"
  | "CORE_TOKEN_REJECTED"
  | "CORE_UNKNOWN_INTENT"
  | "CORE_INTENTS_REJECTED"
  | "CORE_UNKNOWN_PERMISSION"
  | "CORE_CONNECT_FAILED"
  | "CORE_NOT_READY"
  | "CORE_CLOSED"
  | "CORE_CACHE_STORE_FAILED"
  | "CORE_GUILD_NOT_FOUND"
  | "CORE_CHANNEL_NOT_FOUND"
  | "CORE_REQUEST_FAILED"
  | "CORE_SYSTEM_FAILED"
  | "CORE_OPTION_INVALID"
  | "CORE_PUBLIC_KEY_INVALID"
  | "CORE_BUILDER_INVALID"
  | "CORE_COMMAND_INVALID"
  | "CORE_PATTERN_INVALID"
  | "CORE_HANDLER_DUPLICATE"
  | "CORE_INTERACTION_MALFORMED"
  | "CORE_INTERACTION_ALREADY_ANSWERED"
  | "CORE_INTERACTION_NOT_ANSWERED"
  | "CORE_INTERACTION_UNANSWERED";

/** Every error that this package throws. */
export class CoreError extends AntiphonError<CoreErrorCode> {}
