export {
  startCytubeSimulator,
  type CytubeSimulator,
  type CytubeSimulatorOptions,
  type SimulatedChannelView,
  type SimulatedFrame,
} from "./cytube-simulator.ts";
export type { SimulatedFilter } from "./sanitize.ts";
