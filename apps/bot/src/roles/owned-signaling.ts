import type { GuildId, VoiceSignaling } from "@antiphon/protocol/discord";
import type { Logger } from "@antiphon/std";

/**
 * Voice of a worker, which joins and leaves in its own guilds alone: once another process runs a guild's player, leaving here would take
 * the bot away from there.
 */
export function createOwnedSignaling(
  signaling: VoiceSignaling,
  owns: (guildId: GuildId) => boolean,
  logger: Logger,
): VoiceSignaling {
  return {
    get userId() {
      return signaling.userId;
    },
    onVoiceState: (listener) => signaling.onVoiceState(listener),
    onVoiceServer: (listener) => signaling.onVoiceServer(listener),
    async updateVoiceState(update) {
      if (owns(update.guildId)) return signaling.updateVoiceState(update);
      logger.info("a guild's voice state was left to the process that has it now", { guildId: update.guildId });
    },
  };
}
