import type {
  ApplicationId,
  ChannelId,
  GuildId,
  MessageId,
  Snowflake,
  UserId,
  VoiceSignaling,
} from "@antiphon/protocol/discord";
import type { EventSource } from "@antiphon/std";
import type {
  APIApplicationCommand,
  APIApplicationCommandOptionChoice,
  APIGuildMember,
  APIMessage,
  APIRole,
  APISoundboardSound,
  APIUser,
  APIVoiceState,
} from "discord-api-types/v10";
import type { LatencyOptions } from "../latency.ts";
import type { InvocationResult } from "./invocation.ts";
import type { BanOptions } from "./membership.ts";
import type { MessageDraft } from "./message-draft.ts";
import type { CommandUse, ComponentUse, ModalUse } from "./person.ts";
import type { RoleDraft } from "./role.ts";
import type { WorldEvent } from "./world-event.ts";

/** A guild in a list. */
export interface GuildSummary {
  /** The guild's id, which is also that of its everyone role. */
  readonly id: GuildId;
  /** The name as people see it. */
  readonly name: string;
  /** The member who may do everything. */
  readonly ownerId: UserId;
}

/** A channel in a list. */
export interface ChannelSummary {
  /** The channel's id. */
  readonly id: ChannelId;
  /** Undefined for a direct message. */
  readonly guildId: GuildId | undefined;
  /** The name as people see it; empty for a direct message. */
  readonly name: string;
  /** What is done in it. */
  readonly type: "text" | "voice" | "category" | "dm";
}

/** An application with what its bot needs to log in. */
export interface ApplicationSummary {
  /** The application's id. */
  readonly applicationId: ApplicationId;
  /** The id of its bot user: the same number, as for every application since 2016. */
  readonly botUserId: UserId;
  /** The name of the application and of its bot. */
  readonly name: string;
  /** What the bot logs in with. */
  readonly token: string;
  /** What verifies its HTTP interactions: an Ed25519 key as 64 hexadecimal digits. */
  readonly publicKey: string;
}

/** Where somebody is in voice. */
interface VoicePlace {
  readonly guildId: Snowflake;
  readonly channelId: Snowflake;
  readonly userId: Snowflake;
  readonly selfMute?: boolean | undefined;
  readonly selfDeaf?: boolean | undefined;
}

/** Which sessions a fault hits; all of them when no application is named. */
export interface FaultTarget {
  /** The application whose sessions are meant. */
  readonly applicationId?: Snowflake | undefined;
  /** Only sessions that identified with this number of shards. */
  readonly shardCount?: number | undefined;
}

/** What a fault does to the gateway. */
export interface GatewayFaults {
  /** Cuts the connections: with a close code, or without one as a network does. Sessions stay resumable; gives their number. */
  dropConnections(options?: FaultTarget & { readonly code?: number | undefined }): number;
  /** Sends INVALID_SESSION; when not resumable, the sessions are gone. Gives the number of sessions hit. */
  invalidateSessions(options: FaultTarget & { readonly resumable: boolean }): number;
  /** Sends RECONNECT. Gives the number of sessions hit. */
  requestReconnect(options?: FaultTarget): number;
  /** Asks for a heartbeat at once. Gives the number of sessions hit. */
  requestHeartbeat(options?: FaultTarget): number;
  /** Leaves the connections open, but sends nothing any more, heartbeat ACKs included. Gives the number of sessions hit. */
  silenceConnections(options?: FaultTarget): number;
}

/** What a fault does to the network. */
export interface NetworkFaults {
  /** Makes HTTP answers and gateway frames slow from now on; the jitter follows the simulator's seed. */
  setLatency(options: LatencyOptions): void;
}

/** What a fault does to the HTTP API. */
export interface RestFaults {
  /** Answers the next `count` (1) requests whose `METHOD /path` contains `match` (all) with this status and a page of Cloudflare's. */
  failRequests(options: {
    readonly status: number;
    readonly count?: number | undefined;
    readonly match?: string | undefined;
  }): void;
}

/** The simulated Discord from above: everything that people and the developer portal do, and what there is to see. */
export interface World extends EventSource<WorldEvent>, GatewayFaults, NetworkFaults, RestFaults {
  /** Registers a bot. `deniedIntents` are those that its IDENTIFY may not ask for. */
  addApplication(options: { readonly name: string; readonly deniedIntents?: number | undefined }): ApplicationSummary;
  /** Adds a person. */
  addUser(options: {
    readonly username: string;
    readonly globalName?: string | undefined;
  }): APIUser & { readonly id: UserId };
  /** Adds a guild; an owner is made up when none is named. Pass `id` to place it on a shard. */
  addGuild(options: {
    readonly name: string;
    readonly ownerId?: Snowflake | undefined;
    readonly id?: Snowflake | undefined;
  }): GuildSummary;
  /** Lets a person or a bot's user join a guild. A bot's own role gets `permissions`; by default what a music bot needs. */
  addMember(
    guildId: Snowflake,
    userId: Snowflake,
    options?: { readonly permissions?: bigint | undefined },
  ): APIGuildMember;
  /** Takes a member out of a guild; a bot is told so by GUILD_DELETE. */
  removeMember(guildId: Snowflake, userId: Snowflake): void;
  /** Bans a user, who need not be a member. */
  banMember(guildId: Snowflake, userId: Snowflake, options?: BanOptions): void;
  /** Adds a channel; `parentId` is the category that it is in. */
  addChannel(
    guildId: Snowflake,
    options: {
      readonly name: string;
      readonly type: "text" | "voice" | "category";
      readonly topic?: string | undefined;
      readonly parentId?: Snowflake | undefined;
    },
  ): ChannelSummary;
  /** Deletes a guild's channel; whoever is in its voice leaves. */
  deleteChannel(channelId: Snowflake): void;
  /** Adds a role above everyone, below all others. Without `permissions` it allows what everyone may. */
  addRole(guildId: Snowflake, options: RoleDraft): APIRole;
  /** Changes what a role allows; everyone's role has the guild's id. */
  setRolePermissions(guildId: Snowflake, roleId: Snowflake, permissions: bigint): APIRole;
  /** Gives a member a role, or takes it away with `present: false`. */
  setMemberRole(options: {
    readonly guildId: Snowflake;
    readonly userId: Snowflake;
    readonly roleId: Snowflake;
    readonly present?: boolean | undefined;
  }): void;
  /** Allows and denies permissions to one role or member (`id`) in one channel. */
  setOverwrite(
    channelId: Snowflake,
    overwrite: {
      readonly id: Snowflake;
      readonly allow?: bigint | undefined;
      readonly deny?: bigint | undefined;
    },
  ): void;
  /** Adds a sound to a guild's soundboard. */
  addSoundboardSound(
    guildId: Snowflake,
    options: { readonly name: string; readonly emojiName?: string | undefined },
  ): APISoundboardSound;
  /** The direct message channel of two users, made at first use. */
  directMessageChannel(userId: Snowflake, otherUserId: Snowflake): ChannelSummary;
  /** Says something in a channel. */
  sendMessage(
    options: Omit<MessageDraft, "flags"> & {
      readonly channelId: Snowflake;
      readonly authorId: Snowflake;
      readonly content: string;
    },
  ): APIMessage & { readonly id: MessageId };
  /** Changes what a message says. */
  editMessage(options: {
    readonly channelId: Snowflake;
    readonly messageId: Snowflake;
    readonly content: string;
  }): APIMessage;
  /** Deletes a message. */
  deleteMessage(options: { readonly channelId: Snowflake; readonly messageId: Snowflake }): void;
  /** Adds a reaction, or takes it away with `present: false`. */
  react(options: {
    readonly channelId: Snowflake;
    readonly messageId: Snowflake;
    readonly userId: Snowflake;
    readonly emoji: string;
    readonly present?: boolean | undefined;
  }): void;
  /** Shows that somebody types. */
  startTyping(options: { readonly channelId: Snowflake; readonly userId: Snowflake }): void;
  /** Puts somebody into a voice channel, or moves them. */
  joinVoice(options: VoicePlace): APIVoiceState;
  /** Takes somebody out of voice. */
  leaveVoice(options: { readonly guildId: Snowflake; readonly userId: Snowflake }): void;
  /** Takes the voice server of everybody in voice away: VOICE_SERVER_UPDATE with a null endpoint. */
  withdrawVoiceServer(guildId: Snowflake): void;
  /** Gives everybody in voice a new voice server. */
  assignVoiceServer(guildId: Snowflake): void;
  /** A person's side of the gateway, for a voice client that plays that person. */
  signalingFor(userId: Snowflake): VoiceSignaling;
  /**
   * Sends an application's interactions to an HTTP endpoint instead of the gateway, or (null) over the gateway again. The endpoint is tried
   * first, as by Discord: it has to answer a PING, and to refuse one whose signature is wrong with 401.
   *
   * @throws DiscordSimError SIM_DISCORD_ENDPOINT_REFUSED when it does not
   */
  setInteractionsEndpoint(applicationId: Snowflake, url: string | null): Promise<void>;
  /** Sends a slash command and waits for the first answer. Subcommands follow the name: `playlist add`. */
  invokeCommand(options: CommandUse): Promise<InvocationResult>;
  /**
   * Asks for suggestions for the option `focused`.
   *
   * @throws DiscordSimError SIM_DISCORD_INTERACTION_UNANSWERED when none came within 3 s
   */
  autocomplete(
    options: CommandUse & { readonly focused: string },
  ): Promise<readonly APIApplicationCommandOptionChoice[]>;
  /** Presses a button and waits for the first answer. */
  pressButton(options: ComponentUse): Promise<InvocationResult>;
  /** Chooses in a select menu and waits for the first answer. */
  chooseValues(options: ComponentUse & { readonly values: readonly string[] }): Promise<InvocationResult>;
  /** Sends the form that an interaction opened and waits for the first answer. */
  submitModal(options: ModalUse): Promise<InvocationResult>;
  /** The commands that an application offers in a guild. */
  commandsOf(applicationId: Snowflake, guildId?: Snowflake): readonly APIApplicationCommand[];
  /** All applications. */
  applications(): readonly ApplicationSummary[];
  /** All users, bots included. */
  users(): readonly APIUser[];
  /** All guilds. */
  guilds(): readonly GuildSummary[];
  /** A guild's channels, or all that are direct messages. */
  channels(guildId?: Snowflake): readonly ChannelSummary[];
  /** A guild's members. */
  members(guildId: Snowflake): readonly APIGuildMember[];
  /** A channel's messages, oldest first; ephemeral ones only for the person who sees them. */
  messages(channelId: Snowflake, options?: { readonly viewerId?: Snowflake | undefined }): readonly APIMessage[];
  /** Who is in voice. */
  voiceStates(guildId: Snowflake): readonly APIVoiceState[];
  /** How many old messages and files have given way to new ones. */
  readonly evicted: { readonly messages: number; readonly files: number };
}
