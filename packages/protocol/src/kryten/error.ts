import { AntiphonError } from "@antiphon/std";

/** What can be wrong with a kryten message, subject or configuration. */
export type KrytenErrorCode =
  | "KRYTEN_CONFIG_INVALID"
  | "KRYTEN_CONFIG_VARIABLE_UNSET"
  | "KRYTEN_MESSAGE_INVALID"
  | "KRYTEN_SUBJECT_INVALID";

/** Every error that the kryten wire format throws. */
export class KrytenError extends AntiphonError<KrytenErrorCode> {}
