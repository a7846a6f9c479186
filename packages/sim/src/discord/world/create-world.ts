import type { Snowflake } from "@antiphon/protocol/discord";
import { ChannelType, OverwriteType } from "discord-api-types/v10";
import { invalidArgument, known } from "../sim-error.ts";
import { commandsOf } from "./command.ts";
import { addChannel, deleteChannel, directMessageChannel, setOverwrite } from "./channel.ts";
import { addGuild, addSoundboardSound } from "./guild.ts";
import { addMember, banUser, removeMember } from "./membership.ts";
import { memberPayload } from "./member-payload.ts";
import { createMessage, deleteMessage, editMessage } from "./message.ts";
import { autocomplete, chooseValues, invokeCommand, pressButton, submitModal } from "./person.ts";
import { createRole, setMemberRole, updateRole } from "./role.ts";
import { reactionsPayload, setReaction } from "./reaction.ts";
import type { ApplicationRecord, ChannelRecord, GuildRecord, MessageRecord, WorldState } from "./state.ts";
import { startTyping } from "./typing.ts";
import { addApplication, addUser, publicKeyOf } from "./user.ts";
import {
  assignVoiceServer,
  changeVoiceState,
  createHumanSignaling,
  humanSessionId,
  withdrawVoiceServer,
} from "./voice-state.ts";
import type {
  ApplicationSummary,
  ChannelSummary,
  GatewayFaults,
  GuildSummary,
  NetworkFaults,
  RestFaults,
  World,
} from "./world.ts";

/** Builds the view of a state that tests and the playground drive. */
export function createWorld(
  state: WorldState,
  outside: GatewayFaults & NetworkFaults & RestFaults & Pick<World, "setInteractionsEndpoint">,
): World {
  return {
    ...outside,
    on: (type, listener, options) => state.events.on(type, listener, options),
    events: (options) => state.events.events(options),
    ...directory(state),
    ...authority(state),
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

const KINDS = {
  [ChannelType.GuildText]: "text",
  [ChannelType.GuildVoice]: "voice",
  [ChannelType.GuildCategory]: "category",
  [ChannelType.DM]: "dm",
} as const;
const CHANNEL_TYPES = {
  text: ChannelType.GuildText,
  voice: ChannelType.GuildVoice,
  category: ChannelType.GuildCategory,
} as const;

function channelSummary({ id, guildId, name, type }: ChannelRecord): ChannelSummary {
  return { id, guildId, name, type: KINDS[type] };
}

function directory(state: WorldState) {
  const applicationSummary = (application: ApplicationRecord): ApplicationSummary => ({
    applicationId: application.id,
    botUserId: application.botUserId,
    name: application.name,
    token: application.token,
    publicKey: publicKeyOf(application),
  });
  const guildSummary = ({ id, name, ownerId }: GuildRecord): GuildSummary => ({ id, name, ownerId });
  return {
    addApplication: (options) => applicationSummary(addApplication(state, options)),
    addUser: (options) => addUser(state, options),
    addGuild: (options) => guildSummary(addGuild(state, options)),
    addMember(guildId, userId, { permissions } = {}) {
      const guild = guildOf(state, guildId);
      addMember(state, guild, userId, permissions);
      return memberPayload(state, guild, userId);
    },
    removeMember: (guildId, userId) => removeMember(state, guildOf(state, guildId), userId),
    banMember: (guildId, userId, options) => banUser(state, guildOf(state, guildId), userId, options),
    addChannel: (guildId, options) =>
      channelSummary(addChannel(state, guildOf(state, guildId), { ...options, type: CHANNEL_TYPES[options.type] })),
    deleteChannel(channelId) {
      const channel = channelOf(state, channelId);
      if (channel.guildId === undefined)
        throw invalidArgument(`deleteChannel: channel ${channelId} is a direct message, which nobody can delete.`);
      deleteChannel(state, guildOf(state, channel.guildId), channel);
    },
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

/** Roles and overwrites: who may do what. */
function authority(state: WorldState) {
  const roleOf = (guild: GuildRecord, roleId: Snowflake) =>
    known(guild.roles.get(roleId), `role of guild ${guild.id}`, roleId);
  return {
    addRole: (guildId, options) => createRole(state, guildOf(state, guildId), options),
    setRolePermissions(guildId, roleId, permissions) {
      const guild = guildOf(state, guildId);
      return updateRole(state, guild, roleOf(guild, roleId), { permissions });
    },
    setMemberRole({ guildId, userId, roleId, present = true }) {
      const guild = guildOf(state, guildId);
      const member = known(guild.members.get(userId), `member of guild ${guildId}`, userId);
      setMemberRole(state, guild, member, { roleId: roleOf(guild, roleId).id, present });
    },
    setOverwrite(channelId, { id, allow = 0n, deny = 0n }) {
      const channel = channelOf(state, channelId);
      const guild = guildOf(state, channel.guildId ?? "");
      const isRole = guild.roles.has(id);
      if (!isRole) known(guild.members.get(id), `role or member of guild ${guild.id}`, id);
      const type = isRole ? OverwriteType.Role : OverwriteType.Member;
      setOverwrite(state, channel, { id, type, allow: String(allow), deny: String(deny) });
    },
    addSoundboardSound: (guildId, options) => addSoundboardSound(state, guildOf(state, guildId), options),
  } satisfies Partial<World>;
}

function conversation(state: WorldState) {
  return {
    sendMessage({ channelId, authorId, ...draft }) {
      const author = known(state.users.get(authorId), "user", authorId);
      const { message } = createMessage(state, { channel: channelOf(state, channelId), author }, draft);
      return message;
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
    signalingFor: (userId) => createHumanSignaling(state, known(state.users.get(userId), "user", userId).id),
    voiceStates: (guildId) => [...guildOf(state, guildId).voiceStates.values()],
  } satisfies Partial<World>;
}
