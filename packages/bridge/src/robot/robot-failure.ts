import { AntiphonError } from "@antiphon/std";

/** Why the robot did not do what it was asked; goes back to the asker as `code`. */
export type RobotFailureCode =
  | "ROBOT_ANSWER_TOO_LARGE"
  | "ROBOT_ARGUMENT_INVALID"
  | "ROBOT_BUSY"
  | "ROBOT_COMMAND_DISABLED"
  | "ROBOT_COMMAND_FAILED"
  | "ROBOT_COMMAND_UNKNOWN"
  | "ROBOT_CYTUBE_REFUSED"
  | "ROBOT_MESSAGE_INVALID"
  | "ROBOT_NOT_CONFIRMED"
  | "ROBOT_NOT_IN_CHANNEL"
  | "ROBOT_NOTHING_THERE"
  | "ROBOT_RANK_TOO_LOW"
  | "ROBOT_SIGNATURE_REFUSED"
  | "ROBOT_WRONG_SERVICE";

/** A command that had no effect, with the reason. */
export class RobotFailure extends AntiphonError<RobotFailureCode> {}
