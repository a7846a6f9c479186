import { AntiphonError } from "@antiphon/std";

/** What can go wrong in the recommender; the README has a paragraph for each. */
export type RecommenderErrorCode =
  | "RECOMMENDER_STORE_UNAVAILABLE"
  | "RECOMMENDER_STORE_TOO_NEW"
  | "RECOMMENDER_STORE_CLOSED"
  | "RECOMMENDER_INVALID_PLAY";

/** Every error that this package throws. */
export class RecommenderError extends AntiphonError<RecommenderErrorCode> {}
