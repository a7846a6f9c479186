import { Readable } from "node:stream";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import {
  createAudioPlayer,
  createAudioResource,
  entersState,
  joinVoiceChannel,
  StreamType,
  VoiceConnectionStatus,
} from "@discordjs/voice";
import type { Join } from "./sender.ts";

const flags = {
  deaf: false,
  mute: false,
  self_deaf: false,
  self_mute: false,
  self_video: false,
  suppress: false,
  request_to_speak_timestamp: null,
};

/** Joins with @discordjs/voice as its guide shows. */
export function createDiscordJsSenders(ca: string): Join {
  setDefaultCACertificates([...getCACertificates("default"), ca]);
  return async ({ guildId, channelId, userId, sessionId, token, endpoint }) => {
    const connection = joinVoiceChannel({
      guildId,
      channelId,
      selfDeaf: false,
      group: userId,
      adapterCreator: (methods) => ({
        sendPayload() {
          const place = { guild_id: guildId, channel_id: channelId, user_id: userId, session_id: sessionId };
          queueMicrotask(() => {
            methods.onVoiceStateUpdate({ ...place, ...flags });
            methods.onVoiceServerUpdate({ guild_id: guildId, token, endpoint });
          });
          return true;
        },
        destroy() {},
      }),
    });
    await entersState(connection, VoiceConnectionStatus.Ready, 15_000);
    const player = createAudioPlayer();
    connection.subscribe(player);
    return {
      get isEncrypted() {
        return (connection.voicePrivacyCode ?? null) !== null;
      },
      play(nextFrame) {
        const input = new Readable({
          objectMode: true,
          read() {
            this.push(Buffer.from(nextFrame()));
          },
        });
        player.play(createAudioResource(input, { inputType: StreamType.Opus }));
      },
      close() {
        player.stop(true);
        connection.destroy();
        return Promise.resolve();
      },
    };
  };
}
