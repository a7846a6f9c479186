import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";

/** Who is about to connect to a voice server, as the main gateway knows them. */
export interface VoiceSession {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly userId: UserId;
  /** The `session_id` of the user's voice state, which the voice gateway's IDENTIFY repeats. */
  readonly sessionId: string;
}

/** How the simulated main gateway gets voice servers: the seam between `sim/discord` and `sim/voice`. */
export interface VoiceAllocator {
  /** `host:port` without a scheme, as VOICE_SERVER_UPDATE carries it. */
  readonly endpoint: string;
  /** Admits a session and gives the token of its IDENTIFY; a second call for the same guild and user replaces the first (a move). */
  allocate(session: VoiceSession): { readonly token: string };
  /** Forgets a user's session in a guild and disconnects them; unknown ones are ignored. */
  release(session: Pick<VoiceSession, "guildId" | "userId">): void;
}
