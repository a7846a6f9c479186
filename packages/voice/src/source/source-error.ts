import { AntiphonError } from "@antiphon/std";

/** What can go wrong while a source is opened or read. */
export type VoiceSourceErrorCode =
  | "SOURCE_NOT_FOUND"
  | "SOURCE_UNREADABLE"
  | "SOURCE_EMPTY"
  | "SOURCE_UNKNOWN_FORMAT"
  | "SOURCE_NOT_AUDIO"
  | "SOURCE_CORRUPT"
  | "SOURCE_FFMPEG_MISSING"
  | "SOURCE_NOT_SEEKABLE"
  | "SOURCE_INVALID_URL"
  | "SOURCE_ADDRESS_REFUSED"
  | "SOURCE_UNREACHABLE"
  | "SOURCE_TIMED_OUT"
  | "SOURCE_HTTP_STATUS"
  | "SOURCE_TOO_MANY_REDIRECTS"
  | "SOURCE_TOO_LARGE";

/** A file or an address that cannot be played, and why. */
export class VoiceSourceError extends AntiphonError<VoiceSourceErrorCode> {}
