export type { DeliveryServiceCounts } from "./dave/delivery-service.ts";
export type { MediaFaultCounts, MediaFaults } from "./fault-line.ts";
export type { MediaRelayCounts } from "./media-relay.ts";
export { createVoiceRecorder, type RecordedPacket, type VoiceRecorder, type VoiceRecorderOptions } from "./recorder.ts";
export {
  startVoiceSimulator,
  type VoiceSimulator,
  type VoiceSimulatorOptions,
  type VoiceSimulatorStats,
} from "./simulator.ts";
export type { VoiceSimulatorEvent } from "./voice-event.ts";
export type { VoiceRoomMember, VoiceRoomView } from "./voice-registry.ts";
export type { VoiceAllocator, VoiceSession } from "../voice-allocator.ts";
