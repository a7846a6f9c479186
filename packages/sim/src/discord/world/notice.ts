import type { Snowflake } from "@antiphon/protocol/discord";

/** Something that happened, for the gateway to tell to every session that may know. */
export interface Notice {
  /** The dispatch's name: `MESSAGE_CREATE`. */
  readonly name: string;
  /** The dispatch's `d`. */
  readonly data: object;
  /** Any one of these intents lets a session see it; 0 needs none. */
  readonly intents: number;
  /** The guild it happened in; undefined goes to shard 0. */
  readonly guildId?: Snowflake | undefined;
  /** Only those who can see this channel of the guild. */
  readonly channelId?: Snowflake | undefined;
  /** Only these users' sessions, instead of every member of the guild. */
  readonly recipients?: readonly Snowflake[] | undefined;
  /** Not this user's sessions. */
  readonly except?: Snowflake | undefined;
  /** Only this session of the gateway, by its session id. */
  readonly sessionId?: string | undefined;
  /** Whether the data is a message whose content needs MESSAGE_CONTENT. */
  readonly isMessage?: boolean | undefined;
}
