import type { ApplicationId, ChannelId, GuildId, MessageId, Snowflake, UserId, VoiceSignaling } from "@antiphon/protocol/discord";
import type { EventSource } from "@antiphon/std";
import type {
  APIApplicationCommand,
  APIApplicationCommandOptionChoice,
  APIGuildMember,
  APIMessage,
  APIUser,
  APIVoiceState,
} from "discord-api-types/v10";
import { ChannelType } from "discord-api-types/v10";
import { known } from "../sim-error.ts";
import { startTyping } from "./typing.ts";
import { commandsOf } from "./command.ts";
import { addChannel, addGuild, addMember, directMessageChannel } from "./guild.ts";
import { memberPayload } from "./member-payload.ts";
import type { InvocationResult } from "./invocation.ts";
import { createMessage, deleteMessage, editMessage, type MessageDraft } from "./message.ts";
import { reactionsPayload, setReaction } from "./reaction.ts";
import type { ChannelRecord, GuildRecord, MessageRecord, WorldState } from "./state.ts";
import { addApplication, addUser } from "./user.ts";
import { assignVoiceServer, changeVoiceState, createHumanSignaling, humanSessionId, withdrawVoiceServer } from "./voice-state.ts";
import type { WorldEvent } from "./world-event.ts";
import { autocomplete, chooseValues, invokeCommand, pressButton, submitModal } from "./person.ts";
import type { CommandUse, ComponentUse, ModalUse } from "./person.ts";

/** A guild in a list. */
export interface GuildSummary {
  readonly id: GuildId;
  readonly name: string;
  readonly ownerId: UserId;
}

/** A channel in a list. */
export interface ChannelSummary {
  readonly id: ChannelId;
  /** Undefined for a direct message. */
  readonly guildId: GuildId | undefined;
  readonly name: string;
  readonly type: "text" | "voice" | "dm";
}

/** An application with what its bot needs to log in. */
export interface ApplicationSummary {
  readonly applicationId: ApplicationId;
  readonly botUserId: UserId;
  readonly name: string;
  /** The bot's token. */
  readonly token: string;
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
  readonly applicationId?: Snowflake | undefined;
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

/** What a fault does to the HTTP API. */
export interface RestFaults {
  /** Answers the next `count` (1) requests whose `METHOD /path` contains `match` (all) with this status and no JSON. */
  failRequests(options: { readonly status: number; readonly count?: number | undefined; readonly match?: string | undefined }): void;
}

/** The simulated Discord from above: everything that people and the developer portal do, and what there is to see. */
export interface World extends EventSource<WorldEvent>, GatewayFaults, RestFaults {
  /** Registers a bot. `deniedIntents` are those that its IDENTIFY may not ask for. */
  addApplication(options: { readonly name: string; readonly deniedIntents?: number | undefined }): ApplicationSummary;
  /** Adds a person. */
  addUser(options: { readonly username: string; readonly globalName?: string | undefined }): APIUser & { readonly id: UserId };
  /** Adds a guild; an owner is made up when none is named. Pass `id` to place it on a shard. */
  addGuild(options: { readonly name: string; readonly ownerId?: Snowflake | undefined; readonly id?: Snowflake | undefined }): GuildSummary;
  /** Lets a person or a bot's user join a guild. */
  addMember(guildId: Snowflake, userId: Snowflake): APIGuildMember;
  /** Adds a channel. */
  addChannel(
    guildId: Snowflake,
    options: { readonly name: string; readonly type: "text" | "voice"; readonly topic?: string | undefined },
  ): ChannelSummary;
  /** The direct message channel of two users, made at first use. */
  directMessageChannel(userId: Snowflake, otherUserId: Snowflake): ChannelSummary;
  /** Says something in a channel. */
  sendMessage(
    options: Omit<MessageDraft, "flags"> & { readonly channelId: Snowflake; readonly authorId: Snowflake; readonly content: string },
  ): APIMessage & { readonly id: MessageId };
  /** Changes what a message says. */
  editMessage(options: { readonly channelId: Snowflake; readonly messageId: Snowflake; readonly content: string }): APIMessage;
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
  /** Sends a slash command and waits for the first answer. Subcommands follow the name: `playlist add`. */
  invokeCommand(options: CommandUse): Promise<InvocationResult>;
  /**
   * Asks for suggestions for the option `focused`.
   *
   * @throws DiscordSimError SIM_DISCORD_INTERACTION_UNANSWERED when none came within 3 s
   */
  autocomplete(options: CommandUse & { readonly focused: string }): Promise<readonly APIApplicationCommandOptionChoice[]>;
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

/** Builds the view of a state that tests and the playground drive. */
export function createWorld(state: WorldState, faults: GatewayFaults & RestFaults): World {
  return {
    ...faults,
    on: (type, listener, options) => state.events.on(type, listener, options),
    events: (options) => state.events.events(options),
    ...directory(state),
    ...conversation(state),
    ...voice(state),
    invokeCommand: (options) => invokeCommand(state, options),
    autocomplete: (options) => autocomplete(state, options),
    pressButton: (options) => pressButton(state, options),
    chooseValues: (options) => chooseValues(state, options),
    submitModal: (options) => submitModal(state, options),
    evicted: state.evicted,
  };
}

const guildOf = (state: WorldState, guildId: Snowflake): GuildRecord => known(state.guilds.get(guildId), "guild", guildId);
const channelOf = (state: WorldState, channelId: Snowflake): ChannelRecord => known(state.channels.get(channelId), "channel", channelId);
const messageOf = (channel: ChannelRecord, messageId: Snowflake): MessageRecord =>
  known(channel.messages.get(messageId), `message in channel ${channel.id}`, messageId);

function channelSummary({ id, guildId, name, type }: ChannelRecord): ChannelSummary {
  const kinds = { [ChannelType.GuildText]: "text", [ChannelType.GuildVoice]: "voice", [ChannelType.DM]: "dm" } as const;
  return { id, guildId, name, type: kinds[type] };
}

function directory(state: WorldState) {
  const applicationSummary = ({ id, botUserId, name, token }: ReturnType<typeof addApplication>): ApplicationSummary => ({
    applicationId: id,
    botUserId,
    name,
    token,
  });
  const guildSummary = ({ id, name, ownerId }: GuildRecord): GuildSummary => ({ id, name, ownerId });
  return {
    addApplication: (options) => applicationSummary(addApplication(state, options)),
    addUser: (options) => addUser(state, options),
    addGuild: (options) => guildSummary(addGuild(state, options)),
    addMember(guildId, userId) {
      const guild = guildOf(state, guildId);
      addMember(state, guild, userId);
      return memberPayload(state, guild, userId);
    },
    addChannel: (guildId, options) => channelSummary(addChannel(state, guildOf(state, guildId), options)),
    directMessageChannel: (userId, otherUserId) => channelSummary(directMessageChannel(state, userId, otherUserId)),
    commandsOf: (applicationId, guildId) => commandsOf(known(state.applications.get(applicationId), "application", applicationId), guildId),
    applications: () => [...state.applications.values()].map(applicationSummary),
    users: () => [...state.users.values()],
    guilds: () => [...state.guilds.values()].map(guildSummary),
    channels: (guildId) => [...state.channels.values()].filter((channel) => channel.guildId === guildId).map(channelSummary),
    members(guildId) {
      const guild = guildOf(state, guildId);
      return [...guild.members.keys()].map((userId) => memberPayload(state, guild, userId));
    },
  } satisfies Partial<World>;
}

function conversation(state: WorldState) {
  return {
    sendMessage({ channelId, authorId, ...draft }) {
      const author = known(state.users.get(authorId), "user", authorId);
      const { message } = createMessage(state, { channel: channelOf(state, channelId), author }, draft);
      return message as APIMessage & { readonly id: MessageId };
    },
    editMessage({ channelId, messageId, content }) {
      const channel = channelOf(state, channelId);
      const record = messageOf(channel, messageId);
      editMessage(state, channel, record, { content });
      return record.message;
    },
    deleteMessage({ channelId, messageId }) {
      const channel = channelOf(state, channelId);
      deleteMessage(state, channel, messageOf(channel, messageId));
    },
    react({ channelId, messageId, userId, emoji, present = true }) {
      const channel = channelOf(state, channelId);
      setReaction(state, channel, messageOf(channel, messageId), { userId, emoji, present });
    },
    startTyping: ({ channelId, userId }) => startTyping(state, channelOf(state, channelId), userId),
    messages(channelId, { viewerId } = {}) {
      return [...channelOf(state, channelId).messages.values()]
        .filter(({ ephemeralTo }) => ephemeralTo === undefined || ephemeralTo === viewerId)
        .map((record) => (record.reactions.size === 0 ? record.message : { ...record.message, reactions: reactionsPayload(record, viewerId ?? "") }));
    },
  } satisfies Partial<World>;
}

function voice(state: WorldState) {
  return {
    joinVoice({ guildId, channelId, userId, selfMute, selfDeaf }) {
      const guild = guildOf(state, guildId);
      const previous = guild.voiceStates.get(userId);
      changeVoiceState(state, guild, {
        userId,
        // Who is in voice already, a bot perhaps, is moved and keeps the session.
        sessionId: previous?.session_id ?? humanSessionId(state, userId),
        channelId,
        selfMute: selfMute ?? previous?.self_mute ?? false,
        selfDeaf: selfDeaf ?? previous?.self_deaf ?? false,
      });
      return known(guild.voiceStates.get(userId), "voice state of user", userId);
    },
    leaveVoice({ guildId, userId }) {
      const sessionId = humanSessionId(state, userId);
      changeVoiceState(state, guildOf(state, guildId), { userId, sessionId, channelId: null, selfMute: false, selfDeaf: false });
    },
    withdrawVoiceServer: (guildId) => withdrawVoiceServer(state, guildOf(state, guildId)),
    assignVoiceServer: (guildId) => assignVoiceServer(state, guildOf(state, guildId)),
    signalingFor: (userId) => createHumanSignaling(state, known(state.users.get(userId), "user", userId).id as UserId),
    voiceStates: (guildId) => [...guildOf(state, guildId).voiceStates.values()],
  } satisfies Partial<World>;
}
