export { defaultTracks, type Catalogue, type SimulatedTrack } from "./catalogue.ts";
export type { LavalinkFaults, RequestFault } from "./fault-plan.ts";
export {
  startLavalinkSimulator,
  type LavalinkSimulator,
  type LavalinkSimulatorOptions,
  type RecordedRequest,
  type SimulatedSession,
} from "./simulator.ts";
export type { TrackFault } from "./virtual-player.ts";
