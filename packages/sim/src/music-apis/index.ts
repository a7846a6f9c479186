export {
  defaultRecordings,
  type KnownRecording,
  type MusicCatalogue,
  type SimulatedListen,
  type SimulatedRecording,
} from "./catalogue.ts";
export type { MusicFault, MusicFaultKind } from "./fault-script.ts";
export type { MusicRequest } from "./http-front.ts";
export type { MusicCredentials, MusicService } from "./service-exchange.ts";
export { defaultServiceLimits, type MusicViolation, type ServiceLimit } from "./service-limits.ts";
export {
  startMusicApisSimulator,
  type MusicApisSimulator,
  type MusicApisSimulatorOptions,
  type MusicUrls,
} from "./simulator.ts";
