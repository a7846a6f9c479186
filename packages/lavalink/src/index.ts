export type { ErrorBudgetOptions } from "./error-budget.ts";
export { LavalinkError, type LavalinkErrorCode } from "./error.ts";
export type { LavalinkEvent, PlayerDestroyReason, PlayerEvent } from "./event.ts";
export { createLavalink, type JoinOptions, type Lavalink, type LavalinkOptions, type NodeView } from "./lavalink.ts";
export type { LoadResult } from "./load.ts";
export type { NodeAddress } from "./node.ts";
export type { CommandOptions, Player, PlayOptions } from "./player.ts";
export type { LoopMode, Queue, QueueAddOptions, QueueOptions } from "./queue.ts";
export type { QueuedTrack, Track } from "./track.ts";
