import type { GuildId } from "@antiphon/protocol/discord";
import type { Clock } from "@antiphon/std";
import type { ErrorBudgetOptions } from "./error-budget.ts";
import type { LavalinkEvent, PlayerDestroyReason } from "./event.ts";
import type { Node } from "./node.ts";
import type { StoredChange } from "./persistence.ts";
import type { ManagedPlayer } from "./player.ts";
import type { QueueOptions } from "./queue.ts";
import type { VoiceLink } from "./voice-link.ts";

/** What the players of one client share. */
export interface PlayerContext {
  readonly clock: Clock;
  /** Tells this run's events from those of every other. */
  readonly runId: string;
  readonly queue: Omit<QueueOptions, "changed">;
  readonly errorBudget: ErrorBudgetOptions;
  readonly commandTimeoutMs: number;
  emit(event: LavalinkEvent): void;
  /** Whether anybody would learn of an event of this type. */
  isHeard(type: LavalinkEvent["type"]): boolean;
  /** Told when something changed that a later run of the process must know. */
  changed(guildId: GuildId, change: StoredChange): void;
  /** Takes a player out of its client. */
  destroy(player: ManagedPlayer, reason: PlayerDestroyReason): Promise<void>;
}

/** What one player is built from. */
export interface PlayerOptions {
  readonly guildId: GuildId;
  readonly node: Node;
  readonly voice: VoiceLink;
  /** Tells this player's events from those of the others of its run. */
  readonly ordinal: number;
}
