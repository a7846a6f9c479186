import { createVoiceMemory, type GatewayCommand, type GuildId, type VoiceMemory } from "@antiphon/protocol/discord";
import { describeError, type Clock, type Logger } from "@antiphon/std";
import { settleWithin } from "./settle-within.ts";

/** Brings the bot back into the voice channels that a session took with it; see {@link createVoiceReturn}. */
export interface VoiceReturn extends Pick<VoiceMemory, "commanded" | "wants" | "sessionsReplaced" | "sessionsEnded"> {
  /** Takes notice of a dispatch of the session with this id. */
  told: VoiceMemory["told"];
  /** Asks for what is lost in these guilds, one after the other at the pace of `send`; resolves when Discord was asked, or could not be. */
  ask(lives: (guildId: GuildId) => boolean, signal: AbortSignal): Promise<void>;
  /** Resolves when Discord has answered for all guilds, or will not. */
  answered(): Promise<void>;
}

/** Options of {@link createVoiceReturn}. */
export interface VoiceReturnOptions {
  /** Sends a command on the guild's shard. */
  readonly send: (guildId: GuildId, command: GatewayCommand, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Discord says nothing where the bot may not go any more. */
const ANSWER_MS = 5_000;

/** Builds a {@link VoiceReturn}. */
export function createVoiceReturn({ send, clock, logger }: VoiceReturnOptions): VoiceReturn {
  const memory = createVoiceMemory();
  let waiting: PromiseWithResolvers<void> | undefined;

  return {
    commanded: memory.commanded,
    wants: memory.wants,
    sessionsReplaced: memory.sessionsReplaced,
    sessionsEnded: memory.sessionsEnded,
    told(dispatch, sessionId) {
      memory.told(dispatch, sessionId);
      if (waiting !== undefined && memory.lost.length === 0) waiting.resolve();
    },
    async ask(lives, signal) {
      try {
        for (const guildId of memory.lost.filter(lives)) {
          // It may have been left, or asked for elsewhere, while the others took their turn.
          const command = memory.commandFor(guildId);
          if (command !== undefined) await send(guildId, command, signal);
        }
      } catch (error) {
        if (signal.aborted) return;
        const guilds = memory.lost.filter(lives).length;
        logger.warn("The bot could not go back into voice.", { guilds, problem: describeError(error) });
      }
    },
    async answered() {
      if (memory.lost.length === 0) return;
      waiting ??= Promise.withResolvers();
      await settleWithin(waiting.promise, clock, ANSWER_MS);
      waiting = undefined;
    },
  };
}
