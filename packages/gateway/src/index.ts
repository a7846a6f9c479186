export { createGateway, type Gateway, type ReshardOptions } from "./gateway.ts";
export { GatewayError, type GatewayErrorCode } from "./gateway-error.ts";
export type { GatewayCloseReason, GatewayEvent } from "./gateway-event.ts";
export type { GatewayOptions } from "./gateway-options.ts";
export type { GatewaySocket, GatewaySocketHandlers, OpenGatewaySocket } from "./gateway-socket.ts";
export type { GatewayStats, ShardStats } from "./gateway-stats.ts";
export {
  createIdentifyGate,
  type IdentifyGate,
  type IdentifyGateOptions,
  type IdentifyRequest,
} from "./identify-gate.ts";
export type { TransportCompression } from "./inflater.ts";
export {
  createMemberRequests,
  type MemberChunk,
  type MemberRequest,
  type MemberRequestOptions,
  type MemberRequests,
  type MemberRequestsOptions,
  type RequestedMember,
} from "./member-requests.ts";
export { createFileSessionStore, createMemorySessionStore, type SessionStore, type ShardKey } from "./session-store.ts";
