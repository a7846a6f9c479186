import { AntiphonError } from "@antiphon/std";

/** What can go wrong in the bot itself; the README has a paragraph for each. */
export type BotErrorCode =
  | "BOT_CANNOT_JOIN"
  | "BOT_CYTUBE_FAILED"
  | "BOT_CYTUBE_LIMIT"
  | "BOT_CYTUBE_LINKED"
  | "BOT_CYTUBE_NOT_LINKED"
  | "BOT_DATA_UNREADABLE"
  | "BOT_IMPORT_FAILED"
  | "BOT_PLAYLIST_INVALID"
  | "BOT_NOT_IN_VOICE"
  | "BOT_OTHER_CHANNEL"
  | "BOT_NOT_PLAYING"
  | "BOT_NOTHING_FOUND"
  | "BOT_QUEUE_FULL"
  | "BOT_SECRET_UNREADABLE"
  | "BOT_LOAD_FAILED";

/** Every error that the bot throws. Its message is fit for the person who caused it. */
export class BotError extends AntiphonError<BotErrorCode> {}
