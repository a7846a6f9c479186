export { createAutoReshard, isTooFewShards, type AutoReshard, type AutoReshardOptions } from "./auto-reshard.ts";
export { gatewayCloseAction, gatewayCloseCodes, type GatewayCloseAction, type GatewayCloseCode } from "./close-code.ts";
export { decodePayload, ProtocolError, type ProtocolErrorCode } from "./decode-payload.ts";
export { peekDispatchHeader, type DispatchHeader } from "./dispatch-header.ts";
export type { Dispatch, DispatchSource, GatewayCommand, SubscribeOptions } from "./dispatch-source.ts";
export { readFileContent } from "./file-content.ts";
export { decodeGatewayFrame, type DispatchFrame, type GatewayFrame } from "./gateway-frame.ts";
export { gatewayInfoSchema, readyPayloadSchema, type GatewayInfo } from "./gateway-info.ts";
export {
  DISCORD_EPOCH_MS,
  isSnowflake,
  shardIdOf,
  snowflakeTimestampMs,
  type ApplicationId,
  type ChannelId,
  type GuildId,
  type InteractionId,
  type MessageId,
  type Snowflake,
  type UserId,
} from "./id.ts";
export { GatewayOpcode } from "./opcode.ts";
export type { ByteStream, RestFile, RestMethod, RestRequestOptions, RestTransport } from "./rest-transport.ts";
export { initialShardState, stepShard } from "./shard-machine.ts";
export type {
  ShardCloseReason,
  ShardEffect,
  ShardHeartbeat,
  ShardInput,
  ShardSession,
  ShardState,
  ShardStatus,
  ShardStep,
  ShardTimer,
} from "./shard-state.ts";
export {
  stepSharedLimit,
  type LimitClaim,
  type LimitVerdict,
  type SharedLimiter,
  type SharedLimitStep,
} from "./shared-limiter.ts";
export { createVoiceMemory, type VoiceMemory } from "./voice-memory.ts";
export type { VoiceServerDispatch, VoiceSignaling, VoiceStateDispatch, VoiceStateRequest } from "./voice-signaling.ts";
export { createVoiceSignaling, type VoiceSignalingFeed, type VoiceSignalingOptions } from "./voice-signaling-feed.ts";
