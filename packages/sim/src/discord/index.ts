export type { VoiceAllocator, VoiceSession } from "../voice-allocator.ts";
export type { IdentifyOptions } from "./gateway/identify-gate.ts";
export type { LatencyOptions } from "./latency.ts";
export type { InvalidRequestLimit } from "./rest/invalid-requests.ts";
export type { BucketLimit, RateLimitOptions } from "./rest/rate-limiter.ts";
export { DiscordSimError, type DiscordSimErrorCode } from "./sim-error.ts";
export { startDiscordSimulator, type DiscordSimulator, type DiscordSimulatorOptions } from "./simulator.ts";
export type { Transcript, TranscriptEntry } from "./transcript.ts";
export type { OptionValue } from "./world/command-options.ts";
export type { InvocationResult } from "./world/invocation.ts";
export type { BanOptions } from "./world/membership.ts";
export type { CommandUse, ComponentUse, ModalUse } from "./world/person.ts";
export type { RoleDraft } from "./world/role.ts";
export type {
  ApplicationSummary,
  ChannelSummary,
  FaultTarget,
  GatewayFaults,
  GuildSummary,
  NetworkFaults,
  RestFaults,
  World,
} from "./world/world.ts";
export type { InteractionAnswer, WorldEvent } from "./world/world-event.ts";
