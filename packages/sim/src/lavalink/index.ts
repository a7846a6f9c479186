export type { ApiRequest, ApiResponse } from "./api-exchange.ts";
export { defaultTracks, type Catalogue, type SimulatedTrack } from "./catalogue.ts";
export type { FaultRates, LavalinkFaults, RequestFault } from "./fault-plan.ts";
export { createMockFactory, type MockFactory, type MockFactoryOptions, type MockTrackOptions } from "./mock-factory.ts";
export {
  startLavalinkSimulator,
  type LavalinkSimulator,
  type LavalinkSimulatorOptions,
  type SimulatedSession,
} from "./simulator.ts";
export type { RecordedRequest } from "./http-front.ts";
export type { SimulatedLoad } from "./node-state.ts";
export type { TrackFault } from "./virtual-player.ts";
