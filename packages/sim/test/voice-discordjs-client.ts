import { Readable } from "node:stream";
import { randomUUID } from "node:crypto";
import {
  EndBehaviorType,
  NoSubscriberBehavior,
  StreamType,
  VoiceConnectionStatus,
  createAudioPlayer,
  createAudioResource,
  entersState,
  joinVoiceChannel,
  type DiscordGatewayAdapterCreator,
  type VoiceConnection,
} from "@discordjs/voice";
import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import type { VoiceSimulator } from "@antiphon/sim/voice";

const guildId = "800000000000000001" as GuildId;

// @discordjs/voice imports node:process, and the ESM form of that opens stdin, which would then count as left open.
process.stdin.destroy();

/** One unmodified @discordjs/voice connection, with as much of a main gateway around it as it needs. */
export interface DiscordJsClient {
  readonly userId: UserId;
  readonly connection: VoiceConnection;
  /** Waits until the connection has taken part in a DAVE transition. */
  readonly transitioned: Promise<unknown>;
  /** Says frame 0, 1, 2, … every 20 ms until stopped. */
  speak(): Disposable;
  /** The first `count` frames that arrive from a user. */
  hear(userId: UserId, count: number): Promise<readonly Buffer[]>;
  privacyCode(): string | null | undefined;
  leave(): void;
}

/** A frame that says who spoke it and which one it is, so that a mix-up or a flipped bit shows. */
export function frameOf(userId: UserId, index: number): Buffer {
  return Buffer.from(`opus of ${userId} number ${index} ${"x".repeat(index % 97)}`);
}

function adapterFor(simulator: VoiceSimulator, channelId: ChannelId, userId: UserId): DiscordGatewayAdapterCreator {
  const sessionId = randomUUID();
  return (methods) => ({
    sendPayload(payload: { d: { channel_id: string | null } }) {
      queueMicrotask(() => {
        if (payload.d.channel_id === null) return simulator.release({ guildId, userId });
        const { token } = simulator.allocate({ guildId, channelId, userId, sessionId });
        methods.onVoiceStateUpdate({
          guild_id: guildId,
          channel_id: channelId,
          user_id: userId,
          session_id: sessionId,
          deaf: false,
          mute: false,
          self_deaf: false,
          self_mute: false,
          self_video: false,
          suppress: false,
          request_to_speak_timestamp: null,
        });
        methods.onVoiceServerUpdate({ guild_id: guildId, token, endpoint: simulator.endpoint });
      });
      return true;
    },
    destroy() {},
  });
}

/** Joins a channel of the simulator and waits until the connection is ready for media. */
export async function joinWithDiscordJs(
  simulator: VoiceSimulator,
  channelId: ChannelId,
  userId: UserId,
): Promise<DiscordJsClient> {
  const connection = joinVoiceChannel({
    guildId,
    channelId,
    group: userId,
    selfDeaf: false,
    selfMute: false,
    adapterCreator: adapterFor(simulator, channelId, userId),
  });
  const transitioned = new Promise((resolve) => connection.once("transitioned", resolve));
  await entersState(connection, VoiceConnectionStatus.Ready, 10_000);

  return {
    userId,
    connection,
    transitioned,
    speak() {
      const frames = (function* () {
        for (let index = 0; ; index++) yield frameOf(userId, index);
      })();
      const player = createAudioPlayer({ behaviors: { noSubscriber: NoSubscriberBehavior.Play } });
      connection.subscribe(player);
      player.play(createAudioResource(Readable.from(frames), { inputType: StreamType.Opus }));
      return { [Symbol.dispose]: () => void player.stop(true) };
    },
    async hear(fromUserId, count) {
      const stream = connection.receiver.subscribe(fromUserId, { end: { behavior: EndBehaviorType.Manual } });
      const heard: Buffer[] = [];
      for await (const frame of stream) {
        heard.push(frame as Buffer);
        if (heard.length === count) break;
      }
      return heard;
    },
    privacyCode: () => connection.voicePrivacyCode,
    leave: () => connection.destroy(),
  };
}
