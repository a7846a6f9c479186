import {
  GatewayOpcode,
  type ChannelId,
  type Dispatch,
  type GatewayCommand,
  type GuildId,
  type UserId,
  type VoiceServerDispatch,
  type VoiceSignaling,
  type VoiceStateDispatch,
} from "@antiphon/protocol/discord";
import { createEmitter } from "@antiphon/std";
import type { DispatchData } from "./gateway-event.ts";

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
  const feedState = (state: DispatchData<"VOICE_STATE_UPDATE">) => {
    if (state.guild_id === undefined || state.user_id !== options.userId()) return;
    const dispatch = {
      guildId: state.guild_id as GuildId,
      userId: state.user_id as UserId,
      channelId: state.channel_id as ChannelId | null,
      sessionId: state.session_id,
    };
    emitter.emit({ type: "state", dispatch });
  };
  const feedServer = (server: DispatchData<"VOICE_SERVER_UPDATE">) => {
    const { token, endpoint } = server;
    emitter.emit({ type: "server", dispatch: { guildId: server.guild_id as GuildId, token, endpoint } });
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
      if (type === "VOICE_STATE_UPDATE") feedState(data as DispatchData<"VOICE_STATE_UPDATE">);
      else if (type === "VOICE_SERVER_UPDATE") feedServer(data as DispatchData<"VOICE_SERVER_UPDATE">);
    },
  };
}
