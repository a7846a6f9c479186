export type { ApiRequest, ApiResponse } from "./api-exchange.ts";
export { defaultTracks, type Catalogue, type SimulatedTrack } from "./catalogue.ts";
export type { LavalinkFaults, RequestFault } from "./fault-plan.ts";
export {
  startLavalinkSimulator,
  type LavalinkSimulator,
  type LavalinkSimulatorOptions,
  type SimulatedSession,
} from "./simulator.ts";
export type { RecordedRequest } from "./http-front.ts";
export type { SimulatedLoad } from "./node-state.ts";
export type { TrackFault } from "./virtual-player.ts";
