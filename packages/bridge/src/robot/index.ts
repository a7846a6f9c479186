export {
  createAdminKeys,
  sendAdminCommand,
  type AdminCommandOptions,
  type AdministrationOptions,
  type AdminSender,
  type StopRequest,
} from "./administration.ts";
export { emptyChannelState, stepChannelState, type ChannelState } from "./channel-state.ts";
export { redactLog, redactPayload } from "./redaction.ts";
export type { RobotFailureCode } from "./robot-failure.ts";
export { openRobot, type Robot, type RobotEvent, type RobotOptions, type RobotStats } from "./robot.ts";
export { loadRobotConfig, robotConfigSchema, type RobotConfig } from "./robot-config.ts";
export { robotHealth } from "./robot-health.ts";
