import { createVoiceSignaling, type DispatchSource, type VoiceSignaling } from "@antiphon/protocol/discord";
import type { Client } from "discord.js";
import { DiscordJsError } from "./discordjs-error.ts";

/** What voice and Lavalink clients need, from a discord.js client. */
export function voiceSignalingOf(client: Client, source: DispatchSource): VoiceSignaling {
  const signaling = createVoiceSignaling({
    userId() {
      if (client.user !== null) return client.user.id;
      throw new DiscordJsError("DISCORDJS_NOT_CONNECTED", "The bot's user is not known before the client is ready.");
    },
    send: (guildId, command) => source.send(guildId, command),
  });
  // For as long as the source lives, which forgets its listeners when it closes.
  source.subscribe(signaling.feed, {
    wants: (type) => type === "VOICE_STATE_UPDATE" || type === "VOICE_SERVER_UPDATE",
  });
  return signaling;
}
