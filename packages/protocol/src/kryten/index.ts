export {
  decodeKrytenCommand,
  decodeLegacyKrytenCommand,
  encodeKrytenCommand,
  encodeLegacyKrytenCommand,
  krytenCommandSchema,
  legacyKrytenCommandSchema,
  type KrytenCommand,
  type OutgoingKrytenCommand,
} from "./command.ts";
export {
  channelConfigSchema,
  krytenConfigSchema,
  metricsConfigSchema,
  natsConfigSchema,
  parseKrytenConfig,
  serviceConfigSchema,
  type KrytenConfig,
  type NatsConfig,
  type ServiceConfig,
} from "./config.ts";
export { substituteEnvironment } from "./environment.ts";
export { KrytenError, type KrytenErrorCode } from "./error.ts";
export { krytenEventNames } from "./event-names.ts";
export {
  decodeKrytenEvent,
  encodeKrytenEvent,
  krytenEventSchema,
  type KrytenEvent,
  type KrytenEventBase,
  type OutgoingKrytenEvent,
  type RawKrytenEvent,
  type TypedKrytenEvent,
} from "./event.ts";
export { decodeJsonBytes, encodeJsonBytes } from "./json-bytes.ts";
export {
  decodeGroupRestart,
  decodeLifecycle,
  encodeGroupRestart,
  encodeLifecycle,
  groupRestartSchema,
  startupEventSchema,
  type GroupRestart,
  type LifecycleMessage,
  type OutgoingLifecycle,
} from "./lifecycle.ts";
export {
  chatMessageEventSchema,
  toChangeMediaEvent,
  toChatMessageEvent,
  toUserJoinEvent,
  toUserLeaveEvent,
  type ChangeMediaEvent,
  type ChatMessageEvent,
  type UserJoinEvent,
  type UserLeaveEvent,
} from "./named-event.ts";
export { decodeKrytenReply, encodeKrytenReply, krytenReplySchema, type KrytenReply } from "./reply.ts";
export { requiredRanks, type KrytenCommandName } from "./required-rank.ts";
export {
  commandSubject,
  commandSubjectPattern,
  discoveryPollSubject,
  eventSubject,
  eventSubjectPattern,
  groupRestartSubject,
  lifecycleSubject,
  normalizeSubjectToken,
  serviceCommandSubject,
  userLevelSubjects,
} from "./subject.ts";
export { formatKrytenTimestamp, parseKrytenTimestamp } from "./timestamp.ts";
