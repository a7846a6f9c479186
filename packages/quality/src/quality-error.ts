import { AntiphonError } from "@antiphon/std";

/** What can go wrong with an analysis as a whole; what is wrong with a single file is a finding. */
export type QualityErrorCode =
  | "QUALITY_PATH_UNREADABLE"
  | "QUALITY_TOO_MANY_FILES"
  | "QUALITY_SETTINGS_INVALID"
  | "QUALITY_BASELINE_INVALID";

/** The error of this package. */
export class QualityError extends AntiphonError<QualityErrorCode> {}
