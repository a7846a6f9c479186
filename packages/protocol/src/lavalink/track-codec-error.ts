import { AntiphonError } from "@antiphon/std";

/** Why an encoded track could not be read or written. */
export type TrackCodecErrorCode =
  /** The text is no base64, or a field inside it is not what the format says. */
  | "PROTOCOL_TRACK_MALFORMED"
  /** The bytes end inside a field. */
  | "PROTOCOL_TRACK_TRUNCATED"
  /** The format's version is not 1, 2 or 3. */
  | "PROTOCOL_TRACK_VERSION_UNKNOWN"
  /** A field does not fit where the format keeps it. */
  | "PROTOCOL_TRACK_UNENCODABLE";

/** What `decodeTrack` and `encodeTrack` throw. */
export class TrackCodecError extends AntiphonError<TrackCodecErrorCode> {}
