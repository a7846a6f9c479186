/** For whom a call runs. */
export interface Caller {
  /** The user who asked for it. */
  readonly userId?: string | undefined;
  /** The guild it was asked in. */
  readonly guildId?: string | undefined;
  /** The channel it was asked in. */
  readonly channelId?: string | undefined;
  /** The request it answers. */
  readonly requestId?: string | undefined;
}
