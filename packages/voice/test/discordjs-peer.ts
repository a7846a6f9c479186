import { once } from "node:events";
import { Readable } from "node:stream";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import {
  createAudioPlayer,
  createAudioResource,
  EndBehaviorType,
  entersState,
  joinVoiceChannel,
  StreamType,
  VoiceConnectionStatus,
} from "@discordjs/voice";
import { CHANNEL, GUILD, type VoiceRig } from "./voice-rig.ts";

/** An unmodified @discordjs/voice client in the room of a rig. */
export interface DiscordJsPeer extends AsyncDisposable {
  readonly privacyCode: string | null;
  /** Sends frames at its own pace. */
  play(frames: readonly Uint8Array[]): void;
  /** Resolves when it has heard a packet of a user whose SSRC it knows; it drops those that come before op 5. */
  knows(userId: string): Promise<void>;
  /** Resolves with a user's frames up to the given one. */
  hear(userId: string, last: Uint8Array): Promise<Uint8Array[]>;
}

// Taken before any simulator's: two that bear the same name would hide each other.
const usualCertificates = getCACertificates("default");

/** Joins with @discordjs/voice, whose main gateway is played by the rig. */
export async function joinWithDiscordJs(rig: VoiceRig, userId: string): Promise<DiscordJsPeer> {
  // It has no option for certificates, so the process must trust the simulator's.
  setDefaultCACertificates([...usualCertificates, rig.simulator.certificatePem]);
  const connection = joinVoiceChannel({
    guildId: GUILD,
    channelId: CHANNEL,
    selfDeaf: false,
    group: userId,
    adapterCreator: (methods) => ({
      sendPayload() {
        const { sessionId, token, endpoint } = rig.allocate(userId);
        const flags = {
          deaf: false,
          mute: false,
          self_deaf: false,
          self_mute: false,
          self_video: false,
          suppress: false,
        };
        const place = { guild_id: GUILD, channel_id: CHANNEL, user_id: userId, session_id: sessionId };
        queueMicrotask(() => {
          methods.onVoiceStateUpdate({ ...place, ...flags, request_to_speak_timestamp: null });
          methods.onVoiceServerUpdate({ guild_id: GUILD, token, endpoint });
        });
        return true;
      },
      destroy() {},
    }),
  });
  const player = createAudioPlayer();
  await entersState(connection, VoiceConnectionStatus.Ready, 15_000);
  return {
    get privacyCode() {
      return connection.voicePrivacyCode ?? null;
    },
    play(frames) {
      connection.subscribe(player);
      const input = Readable.from(frames.map((frame) => Buffer.from(frame)));
      player.play(createAudioResource(input, { inputType: StreamType.Opus }));
    },
    async knows(speakerId) {
      const { speaking } = connection.receiver;
      while (!speaking.users.has(speakerId)) await once(speaking, "start");
    },
    async hear(speakerId, last) {
      const stream = connection.receiver.subscribe(speakerId, { end: { behavior: EndBehaviorType.Manual } });
      const frames: Uint8Array[] = [];
      for await (const chunk of stream) {
        frames.push(chunk as Buffer);
        if (last.every((byte, index) => frames.at(-1)?.[index] === byte)) break;
      }
      return frames;
    },
    [Symbol.asyncDispose]() {
      player.stop(true);
      connection.destroy();
      return Promise.resolve();
    },
  };
}
