import { AntiphonError } from "@antiphon/std";

/** What can go wrong in the recommender; the README has a paragraph for each. */
export type RecommenderErrorCode =
  | "RECOMMENDER_STORE_UNAVAILABLE"
  | "RECOMMENDER_STORE_TOO_NEW"
  | "RECOMMENDER_STORE_CLOSED"
  | "RECOMMENDER_INVALID_PLAY"
  | "RECOMMENDER_PLAYLIST_UNKNOWN"
  | "RECOMMENDER_IMPORT_UNREADABLE"
  | "RECOMMENDER_IMPORT_FORMAT_UNKNOWN"
  | "RECOMMENDER_MODEL_UNAVAILABLE"
  | "RECOMMENDER_MODEL_DAMAGED"
  | "RECOMMENDER_MODEL_TOO_NEW"
  | "RECOMMENDER_MODEL_BUILD_FAILED";

/** Every error that this package throws. */
export class RecommenderError extends AntiphonError<RecommenderErrorCode> {}
