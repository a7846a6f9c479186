import { shardIdOf, type Snowflake } from "@antiphon/protocol/discord";
import { GatewayIntentBits, type APIMessage } from "discord-api-types/v10";
import type { Notice } from "../world/notice.ts";
import { channelPermissions } from "../world/permissions.ts";
import type { ApplicationRecord, WorldState } from "../world/state.ts";

/** What a session sends frames through while it is connected. */
export interface SessionLink {
  send(text: string): void;
  close(code: number): void;
  /** Cuts the socket as a network does. */
  cut(): void;
  /** Sends nothing any more, as if the network had swallowed the way to the client. */
  fallSilent(): void;
  /** Leaves the connection without a session, which the client may then identify or resume on. */
  release(): void;
}

/** What a client asked for in IDENTIFY. */
export interface SessionOptions {
  readonly id: string;
  readonly application: ApplicationRecord;
  readonly shardId: number;
  readonly shardCount: number;
  readonly intents: number;
  /** How many dispatches are kept for a resume. */
  readonly replayLimit: number;
}

/** One gateway session: it outlives its connections, numbers its dispatches and keeps the newest of them. */
export interface GatewaySession extends SessionOptions {
  readonly sequence: number;
  /** Undefined while the client is away. */
  link: SessionLink | undefined;
  /** Whether the session is told about something. */
  sees(state: WorldState, notice: Notice): boolean;
  /** Whether the session's shard and bot are concerned with a guild. */
  hasGuild(state: WorldState, guildId: Snowflake): boolean;
  /** Numbers a dispatch, keeps it and sends it; `data` is JSON. */
  dispatch(name: string, data: string): void;
  /** What came after a sequence number, or undefined when part of it is gone. */
  replayAfter(sequence: number): readonly string[] | undefined;
}

/** Builds a session that has said nothing yet. */
export function createSession(options: SessionOptions): GatewaySession {
  const { application, shardId, shardCount, intents, replayLimit } = options;
  const ring: string[] = [];
  let sequence = 0;
  const session: GatewaySession = {
    ...options,
    get sequence() {
      return sequence;
    },
    link: undefined,
    hasGuild: (state, guildId) =>
      shardIdOf(guildId, shardCount) === shardId &&
      state.guilds.get(guildId)?.members.has(application.botUserId) === true,
    sees(state, notice) {
      if (notice.sessionId !== undefined) return notice.sessionId === options.id;
      if (notice.intents !== 0 && (intents & notice.intents) === 0) return false;
      if (notice.recipients?.includes(application.botUserId) === false || notice.except === application.botUserId)
        return false;
      if (notice.guildId === undefined) return shardId === 0;
      return session.hasGuild(state, notice.guildId) && canView(state, notice, application.botUserId);
    },
    dispatch(name, data) {
      sequence++;
      const text = `{"t":"${name}","s":${sequence},"op":0,"d":${data}}`;
      ring[sequence % replayLimit] = text;
      session.link?.send(text);
    },
    replayAfter(after) {
      const missed = sequence - after;
      if (missed > replayLimit) return undefined;
      return Array.from({ length: missed }, (_, index) => ring[(after + index + 1) % replayLimit] as string);
    },
  };
  return session;
}

function canView(state: WorldState, { guildId, channelId }: Notice, userId: Snowflake): boolean {
  const guild = guildId === undefined ? undefined : state.guilds.get(guildId);
  const channel = channelId === undefined ? undefined : guild?.channels.get(channelId);
  return guild === undefined || channel === undefined || channelPermissions(guild, channel, userId) !== 0n;
}

/** Whether a session may read what a message says: with MESSAGE_CONTENT, its own, those that mention it, and direct messages. */
export function mayReadContent(session: GatewaySession, notice: Notice): boolean {
  if ((session.intents & GatewayIntentBits.MessageContent) !== 0 || notice.guildId === undefined) return true;
  const message = notice.data as APIMessage;
  const { botUserId } = session.application;
  return message.author.id === botUserId || message.mentions.some(({ id }) => id === botUserId);
}

/** A message as a session without the right to its content gets it. */
export function withoutContent(message: object): object {
  const { referenced_message: referenced } = message as { readonly referenced_message?: object };
  return {
    ...message,
    content: "",
    embeds: [],
    attachments: [],
    components: [],
    ...(referenced === undefined ? {} : { referenced_message: withoutContent(referenced) }),
  };
}
