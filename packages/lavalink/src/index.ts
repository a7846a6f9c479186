export { composeFilters } from "./compose-filters.ts";
export type { ErrorBudgetOptions } from "./error-budget.ts";
export { LavalinkError, type LavalinkErrorCode, type LavalinkErrorKind } from "./error.ts";
export type { LavalinkEvent, PlayerDestroyReason, PlayerEvent } from "./event.ts";
export type { EqualizerBand, Filters } from "@antiphon/protocol/lavalink";
export { filterPresets, type BassBoostLevel, type FilterPresetName } from "./filter-presets.ts";
export {
  createLavalink,
  type JoinOptions,
  type Lavalink,
  type LavalinkCloseOptions,
  type LavalinkOptions,
  type NodeRequest,
  type NodeView,
} from "./lavalink.ts";
export { tracksOf, type LoadResult } from "./load.ts";
export { nodesFromEnvironment } from "./nodes-from-environment.ts";
export type { NodeAddress } from "./node-address.ts";
export type { PlayerFilters } from "./player-filters.ts";
export type { CommandOptions, Player, PlayOptions } from "./player.ts";
export type { LoopMode, Queue, QueueAddOptions, QueueOptions, QueueView, ShuffleOptions } from "./queue.ts";
export type { ReconnectPolicy } from "./reconnect-policy.ts";
export type { QueuedTrack, Track } from "./track.ts";
