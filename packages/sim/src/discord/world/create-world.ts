import type { MessageId, Snowflake, UserId } from "@antiphon/protocol/discord";
import { ChannelType, type APIMessage } from "discord-api-types/v10";
import { known } from "../sim-error.ts";
import { commandsOf } from "./command.ts";
import { addChannel, addGuild, addMember, directMessageChannel } from "./guild.ts";
import { memberPayload } from "./member-payload.ts";
import { createMessage, deleteMessage, editMessage } from "./message.ts";
import { autocomplete, chooseValues, invokeCommand, pressButton, submitModal } from "./person.ts";
import { reactionsPayload, setReaction } from "./reaction.ts";
import type { ChannelRecord, GuildRecord, MessageRecord, WorldState } from "./state.ts";
import { startTyping } from "./typing.ts";
import { addApplication, addUser } from "./user.ts";
import {
  assignVoiceServer,
  changeVoiceState,
  createHumanSignaling,
  humanSessionId,
  withdrawVoiceServer,
} from "./voice-state.ts";
import type { ApplicationSummary, ChannelSummary, GatewayFaults, GuildSummary, RestFaults, World } from "./world.ts";

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

const guildOf = (state: WorldState, guildId: Snowflake): GuildRecord =>
  known(state.guilds.get(guildId), "guild", guildId);
const channelOf = (state: WorldState, channelId: Snowflake): ChannelRecord =>
  known(state.channels.get(channelId), "channel", channelId);
const messageOf = (channel: ChannelRecord, messageId: Snowflake): MessageRecord =>
  known(channel.messages.get(messageId), `message in channel ${channel.id}`, messageId);

function channelSummary({ id, guildId, name, type }: ChannelRecord): ChannelSummary {
  const kinds = { [ChannelType.GuildText]: "text", [ChannelType.GuildVoice]: "voice", [ChannelType.DM]: "dm" } as const;
  return { id, guildId, name, type: kinds[type] };
}

function directory(state: WorldState) {
  const applicationSummary = ({
    id,
    botUserId,
    name,
    token,
  }: ReturnType<typeof addApplication>): ApplicationSummary => ({
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
    commandsOf: (applicationId, guildId) =>
      commandsOf(known(state.applications.get(applicationId), "application", applicationId), guildId),
    applications: () => [...state.applications.values()].map(applicationSummary),
    users: () => [...state.users.values()],
    guilds: () => [...state.guilds.values()].map(guildSummary),
    channels: (guildId) =>
      [...state.channels.values()].filter((channel) => channel.guildId === guildId).map(channelSummary),
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
        .map((record) =>
          record.reactions.size === 0
            ? record.message
            : { ...record.message, reactions: reactionsPayload(record, viewerId ?? "") },
        );
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
      changeVoiceState(state, guildOf(state, guildId), {
        userId,
        sessionId,
        channelId: null,
        selfMute: false,
        selfDeaf: false,
      });
    },
    withdrawVoiceServer: (guildId) => withdrawVoiceServer(state, guildOf(state, guildId)),
    assignVoiceServer: (guildId) => assignVoiceServer(state, guildOf(state, guildId)),
    signalingFor: (userId) => createHumanSignaling(state, known(state.users.get(userId), "user", userId).id as UserId),
    voiceStates: (guildId) => [...guildOf(state, guildId).voiceStates.values()],
  } satisfies Partial<World>;
}
