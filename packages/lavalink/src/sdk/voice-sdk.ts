import type {
  ChannelId,
  GuildId,
  UserId,
  VoiceServerDispatch,
  VoiceSignaling,
  VoiceStateDispatch,
} from "@antiphon/protocol/discord";
import { wirePlayerSchema } from "@antiphon/protocol/lavalink";
import { toDisposable } from "@antiphon/std";
import { hasCode, LavalinkError } from "../error.ts";
import { createLavalink, type Lavalink, type LavalinkOptions } from "../lavalink.ts";
import type { CommandOptions, Player } from "../player.ts";
import type { Track } from "../track.ts";
import { findTracks } from "./music-commands.ts";

/** What a voice kit is for: to be heard, or only to look after connections. */
export type VoiceSdkMode = "streaming" | "monitoring";

/** Options of {@link createVoiceSdk}: those of the client without `signaling`, and these. */
export interface VoiceSdkOptions extends Omit<LavalinkOptions, "signaling"> {
  /** The bot's own id. */
  readonly userId: string;
  /** Defaults to `streaming`; `monitoring` plays nothing. */
  readonly mode?: VoiceSdkMode;
}

/** What Discord told whoever asked for the channel: the voice state's session, and the voice server's token and endpoint. */
export interface VoiceConnection {
  readonly channelId: string;
  readonly sessionId: string;
  readonly token: string;
  /** Lavalink cannot connect without it. */
  readonly endpoint: string;
}

/** A guild's voice connection at this moment, as its node says. */
export interface VoiceStats {
  readonly connected: boolean;
  /** 0 to 1000. */
  readonly volumePercent: number;
  /** Milliseconds to the voice server and back; null without a connection. */
  readonly pingMs: number | null;
}

/**
 * Voice over a list of nodes for a bot whose gateway connection is somebody else's: it is told the credentials, and sends nothing to
 * Discord itself.
 */
export interface VoiceSdk extends AsyncDisposable {
  readonly mode: VoiceSdkMode;
  /** The client beneath. */
  readonly lavalink: Lavalink;
  /** Connects to the nodes; see {@link Lavalink.connect}. */
  start(options?: CommandOptions): Promise<void>;
  /** Lets a node join a guild's voice channel; moves there with new credentials. */
  connectVoice(guildId: GuildId, connection: VoiceConnection, options?: CommandOptions): Promise<void>;
  /** Plays what an address or a search leads to, and gives it. Throws `LAVALINK_LOAD_FAILED` when nothing is found. */
  stream(guildId: GuildId, query: string, options?: CommandOptions): Promise<Track>;
  /** Asks the node. */
  getVoiceStats(guildId: GuildId, options?: CommandOptions): Promise<VoiceStats>;
  /** Takes the player off its node; does nothing where there is none. Leaving the channel is the gateway's. */
  disconnectVoice(guildId: GuildId): Promise<void>;
  /** Ends every connection; idempotent. */
  shutdown(): Promise<void>;
}

const DISCONNECTED: VoiceStats = { connected: false, volumePercent: 100, pingMs: null };

/** Builds a {@link VoiceSdk}; `start` opens it. */
export function createVoiceSdk({ userId, mode = "streaming", ...options }: VoiceSdkOptions): VoiceSdk {
  const told = createToldSignaling(userId);
  const lavalink = createLavalink({ ...options, signaling: told.signaling });
  lavalink.on("playerDestroy", ({ guildId }) => told.forget(guildId));
  const playerOf = (operation: string, guildId: GuildId): Player => {
    const player = lavalink.players.get(guildId);
    if (player !== undefined) return player;
    throw invalid(`${operation}: guild ${guildId} is not connected. Call connectVoice() first.`);
  };
  return {
    mode,
    lavalink,
    start: (command) => lavalink.connect(command),
    async connectVoice(guildId, connection, { signal } = {}) {
      const channelId = connection.channelId as ChannelId;
      told.expect(guildId, connection);
      const player = await lavalink.join({ guildId, channelId, signal }).catch((error: unknown) => {
        if (!lavalink.players.has(guildId)) told.forget(guildId);
        throw error;
      });
      // Where the channel stays the same, there was nothing to ask for, and only the credentials are new.
      told.tell(guildId, channelId);
      await player.connect({ signal });
    },
    async stream(guildId, query, { signal } = {}) {
      if (mode !== "streaming") throw invalid(`stream: the kit was made for ${mode}. Use mode "streaming".`);
      const player = playerOf("stream", guildId);
      const [track] = await findTracks(lavalink, query, "ytsearch", signal);
      if (track === undefined) {
        throw new LavalinkError("LAVALINK_LOAD_FAILED", `stream: nothing was found for "${query}".`);
      }
      await player.play(track, { signal });
      return track;
    },
    async getVoiceStats(guildId, { signal } = {}) {
      const player = lavalink.players.get(guildId);
      if (player === undefined) return DISCONNECTED;
      const path = `/v4/sessions/{sessionId}/players/${guildId}`;
      try {
        const answer = wirePlayerSchema.safeParse(
          await lavalink.request({ method: "GET", path, node: player.node, signal }),
        );
        if (!answer.success) throw badResponse(player.node, answer.error);
        const { state, volume } = answer.data;
        return { connected: state.connected, volumePercent: volume, pingMs: state.ping < 0 ? null : state.ping };
      } catch (error) {
        if (hasCode(error, "LAVALINK_PLAYER_NOT_FOUND")) return DISCONNECTED;
        throw error;
      }
    },
    async disconnectVoice(guildId) {
      await lavalink.players.get(guildId)?.leave();
    },
    shutdown: () => lavalink.close(),
    [Symbol.asyncDispose]: () => lavalink.close(),
  };
}

/** A gateway whose dispatches are told by the caller. */
function createToldSignaling(userId: UserId) {
  const connections = new Map<GuildId, VoiceConnection>();
  const states = new Set<(dispatch: VoiceStateDispatch) => void>();
  const servers = new Set<(dispatch: VoiceServerDispatch) => void>();
  const listen = <Listener>(listeners: Set<Listener>, listener: Listener) => {
    listeners.add(listener);
    return toDisposable(() => void listeners.delete(listener));
  };
  const tell = (guildId: GuildId, channelId: ChannelId | null) => {
    const connection = connections.get(guildId);
    if (connection === undefined) return;
    const { sessionId, token, endpoint } = connection;
    for (const listener of states) listener({ guildId, userId, channelId, sessionId });
    if (channelId !== null) for (const listener of servers) listener({ guildId, endpoint, token });
  };
  const signaling: VoiceSignaling = {
    userId,
    updateVoiceState: async ({ guildId, channelId }) => tell(guildId, channelId),
    onVoiceState: (listener) => listen(states, listener),
    onVoiceServer: (listener) => listen(servers, listener),
  };
  return {
    signaling,
    tell,
    expect: (guildId: GuildId, connection: VoiceConnection) => void connections.set(guildId, connection),
    forget: (guildId: GuildId) => void connections.delete(guildId),
  };
}

function badResponse(node: string, cause: unknown): LavalinkError {
  const message = `getVoiceStats: node "${node}" answered in a shape that is not Lavalink v4.`;
  return new LavalinkError("LAVALINK_BAD_RESPONSE", message, { details: { node }, cause });
}

function invalid(message: string): LavalinkError {
  return new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}
