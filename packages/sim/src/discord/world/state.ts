import type { KeyObject } from "node:crypto";
import type { ApplicationId, ChannelId, GuildId, InteractionId, Snowflake, UserId } from "@antiphon/protocol/discord";
import { createEmitter, type Clock, type Emitter, type Random, type Timer } from "@antiphon/std";
import type {
  APIApplicationCommand,
  APIMessage,
  APIMessageInteractionMetadata,
  APIModalInteractionResponseCallbackData,
  APIOverwrite,
  APIRole,
  APISoundboardSound,
  APIUser,
  APIVoiceState,
  ChannelType,
  InteractionType,
} from "discord-api-types/v10";
import type { VoiceAllocator } from "../../voice-allocator.ts";
import type { Notice } from "./notice.ts";
import { createSnowflakeSource } from "./snowflake-source.ts";
import type { InteractionAnswer, WorldEvent } from "./world-event.ts";

/** A bot as the developer portal knows it. */
export interface ApplicationRecord {
  readonly id: ApplicationId;
  readonly name: string;
  readonly botUserId: UserId;
  readonly token: string;
  /** Intents that IDENTIFY refuses with 4014. */
  readonly deniedIntents: number;
  /** What Discord signs the application's HTTP interactions with. */
  readonly signingKey: KeyObject;
  /** Where interactions go by HTTP; undefined sends them over the gateway. */
  interactionsEndpoint: string | undefined;
  readonly globalCommands: Map<Snowflake, APIApplicationCommand>;
  readonly guildCommands: Map<Snowflake, Map<Snowflake, APIApplicationCommand>>;
}

/** A user's membership of a guild. */
export interface MemberRecord {
  readonly userId: UserId;
  nick: string | null;
  readonly roles: Snowflake[];
  readonly joinedAt: string;
}

/** A message and the one user who sees it, if it is ephemeral. */
export interface MessageRecord {
  message: APIMessage;
  readonly ephemeralTo: UserId | undefined;
  /** Emoji to the users who reacted with it. */
  readonly reactions: Map<string, Set<UserId>>;
}

/** A guild's text channel, voice channel or category, or a direct message. */
export interface ChannelRecord {
  readonly id: ChannelId;
  readonly type: ChannelType.GuildText | ChannelType.GuildVoice | ChannelType.GuildCategory | ChannelType.DM;
  readonly guildId: GuildId | undefined;
  position: number;
  /** The category that it is in. */
  parentId: Snowflake | null;
  nsfw: boolean;
  rateLimitPerUser: number;
  bitrate: number;
  userLimit: number;
  /** By the id of the role or member. */
  readonly overwrites: Map<Snowflake, APIOverwrite>;
  /** What a voice channel says about itself. */
  status: string | null;
  /** Since when somebody is in voice, in seconds since the Unix epoch. */
  voiceStartedAtS: number | null;
  name: string;
  topic: string | null;
  /** The two users of a direct message. */
  readonly recipients: readonly UserId[];
  lastMessageId: Snowflake | null;
  /** Message id to the time of its pin, the oldest pin first. */
  readonly pins: Map<Snowflake, string>;
  readonly messages: Map<Snowflake, MessageRecord>;
}

/** A guild and everything in it. */
export interface GuildRecord {
  readonly id: GuildId;
  readonly name: string;
  readonly ownerId: UserId;
  readonly roles: Map<Snowflake, APIRole>;
  readonly channels: Map<Snowflake, ChannelRecord>;
  readonly members: Map<Snowflake, MemberRecord>;
  readonly bans: Map<UserId, { readonly reason: string | null }>;
  readonly voiceStates: Map<Snowflake, APIVoiceState>;
  readonly soundboardSounds: APISoundboardSound[];
}

/** A file that a message carries. */
export interface StoredFile {
  readonly name: string;
  readonly contentType: string;
  readonly data: Uint8Array;
}

/** One interaction, from the click to the end of its token. */
export interface InteractionRecord {
  readonly id: InteractionId;
  readonly token: string;
  readonly type: InteractionType;
  readonly application: ApplicationRecord;
  readonly userId: UserId;
  readonly guildId: GuildId | undefined;
  readonly channel: ChannelRecord;
  /** The message whose component was used. */
  readonly sourceMessageId: Snowflake | undefined;
  /** The slash command with its subcommands, as a person types it: `playlist add`. */
  readonly commandName: string | undefined;
  /** What answers carry as `interaction_metadata`. */
  readonly metadata: APIMessageInteractionMetadata;
  /** `late` once the deadline has passed without an answer. */
  status: "pending" | "answered" | "late";
  /** `@original`, while it exists. */
  originalId: Snowflake | undefined;
  /** The messages sent after the first. */
  readonly followUpIds: Snowflake[];
  modal: APIModalInteractionResponseCallbackData | undefined;
  /** Resolves with the first answer, or `unanswered`. */
  readonly answer: Promise<InteractionAnswer>;
  /** Its deadline and the end of its token. */
  readonly timers: Timer[];
  /** Records the first answer; later calls change nothing. */
  settle(answer: InteractionAnswer): void;
}

/** All that exists in one simulated Discord. Only the modules of `world/` change it. */
export interface WorldState {
  readonly clock: Clock;
  readonly random: Random;
  readonly voice: VoiceAllocator | undefined;
  readonly events: Emitter<WorldEvent>;
  readonly applications: Map<Snowflake, ApplicationRecord>;
  readonly users: Map<Snowflake, APIUser>;
  readonly guilds: Map<Snowflake, GuildRecord>;
  readonly channels: Map<Snowflake, ChannelRecord>;
  /** By id and by token, for as long as the token lives. */
  readonly interactions: Map<InteractionId, InteractionRecord>;
  readonly interactionsByToken: Map<string, InteractionRecord>;
  /** By the path below `/attachments/`. */
  readonly files: Map<string, StoredFile>;
  /** Voice sessions of users who have no gateway connection, by user id. */
  readonly humanSessions: Map<Snowflake, string>;
  /** How many old messages and files have given way. */
  readonly evicted: { messages: number; files: number };
  /** Aborts when the world ends. */
  readonly closing: AbortSignal;
  /** Where the server listens, `http://127.0.0.1:PORT`; empty until it does. */
  origin: string;
  /** A new unique id. */
  nextId(): Snowflake;
  /** Random lower-case hexadecimal digits. */
  hex(length: number): string;
  /** The current time as Discord writes it. */
  timestamp(): string;
  /** Tells everybody who asked through `onNotice`. */
  publish(notice: Notice): void;
  readonly onNotice: Set<(notice: Notice) => void>;
  /** Sends an interaction to its application's HTTP endpoint; set by the HTTP side. */
  deliverInteraction: (record: InteractionRecord, payload: object) => void;
}

/** An empty world. */
export function createWorldState(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly voice: VoiceAllocator | undefined;
  readonly closing: AbortSignal;
}): WorldState {
  const { clock, random } = options;
  const onNotice = new Set<(notice: Notice) => void>();
  return {
    ...options,
    events: createEmitter<WorldEvent>(),
    applications: new Map(),
    users: new Map(),
    guilds: new Map(),
    channels: new Map(),
    interactions: new Map(),
    interactionsByToken: new Map(),
    files: new Map(),
    humanSessions: new Map(),
    evicted: { messages: 0, files: 0 },
    origin: "",
    nextId: createSnowflakeSource(clock),
    hex: (length) => Array.from({ length }, () => random.integer(0, 15).toString(16)).join(""),
    timestamp: () => new Date(clock.now()).toISOString().replace("Z", "000+00:00"),
    publish(notice) {
      for (const listener of onNotice) listener(notice);
    },
    onNotice,
    deliverInteraction() {},
  };
}
