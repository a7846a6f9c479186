import { createEmitter } from "@antiphon/std";
import type { Dispatch, GatewayCommand } from "./dispatch-source.ts";
import type { ChannelId, GuildId, UserId } from "./id.ts";
import { GatewayOpcode } from "./opcode.ts";
import type { VoiceServerDispatch, VoiceSignaling, VoiceStateDispatch } from "./voice-signaling.ts";

interface VoiceStatePayload {
  readonly guild_id?: GuildId;
  readonly user_id: UserId;
  readonly channel_id: ChannelId | null;
  readonly session_id: string;
}

interface VoiceServerPayload {
  readonly guild_id: GuildId;
  readonly token: string;
  readonly endpoint: string | null;
}

type SignalingEvent =
  | { readonly type: "state"; readonly dispatch: VoiceStateDispatch }
  | { readonly type: "server"; readonly dispatch: VoiceServerDispatch };

/** A {@link VoiceSignaling} that is fed with dispatches. */
export interface VoiceSignalingFeed extends VoiceSignaling {
  /** Passes a dispatch on when it concerns voice. */
  feed(dispatch: Dispatch): void;
}

/** Options of {@link createVoiceSignaling}. */
export interface VoiceSignalingOptions {
  /** The own user's id. @throws while it is not known */
  readonly userId: () => UserId;
  /** Sends a command on the guild's shard. */
  readonly send: (guildId: GuildId, command: GatewayCommand) => Promise<void>;
}

/** Builds the {@link VoiceSignaling} of a client. @see [Discord Docs/Update Voice State] */
export function createVoiceSignaling(options: VoiceSignalingOptions): VoiceSignalingFeed {
  const emitter = createEmitter<SignalingEvent>();
  const feedState = ({
    guild_id: guildId,
    user_id: userId,
    channel_id: channelId,
    session_id: sessionId,
  }: VoiceStatePayload) => {
    if (guildId === undefined || userId !== options.userId()) return;
    emitter.emit({ type: "state", dispatch: { guildId, userId, channelId, sessionId } });
  };
  const feedServer = ({ guild_id: guildId, token, endpoint }: VoiceServerPayload) => {
    emitter.emit({ type: "server", dispatch: { guildId, token, endpoint } });
  };
  return {
    get userId() {
      return options.userId();
    },
    updateVoiceState: ({ guildId, channelId, selfMute, selfDeaf }) =>
      options.send(guildId, {
        op: GatewayOpcode.VoiceStateUpdate,
        d: { guild_id: guildId, channel_id: channelId, self_mute: selfMute, self_deaf: selfDeaf },
      }),
    onVoiceState: (listener) => emitter.on("state", ({ dispatch }) => listener(dispatch)),
    onVoiceServer: (listener) => emitter.on("server", ({ dispatch }) => listener(dispatch)),
    feed({ type, data }) {
      if (type === "VOICE_STATE_UPDATE") feedState(data as VoiceStatePayload);
      else if (type === "VOICE_SERVER_UPDATE") feedServer(data as VoiceServerPayload);
    },
  };
}
