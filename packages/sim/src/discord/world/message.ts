import type { MessageId, Snowflake, UserId } from "@antiphon/protocol/discord";
import {
  GatewayIntentBits,
  MessageFlags,
  MessageReferenceType,
  MessageType,
  type APIAttachment,
  type APIEmbed,
  type APIMessage,
  type APIMessageInteraction,
  type APIMessageInteractionMetadata,
  type APIMessageReference,
  type APIUser,
} from "discord-api-types/v10";
import { storeFiles } from "./attachment.ts";
import type { MessageDraft } from "./message-draft.ts";
import { memberPayload } from "./member-payload.ts";
import { mentionsOf } from "./mentions.ts";
import type { Notice } from "./notice.ts";
import type { ChannelRecord, MessageRecord, WorldState } from "./state.ts";

/** How many messages a channel keeps; the oldest give way. */
const MESSAGES_PER_CHANNEL = 5_000;

/** Who says it, where, and by what means. */
export interface MessageOrigin {
  readonly channel: ChannelRecord;
  readonly author: APIUser;
  /** Defaults to a plain message, or a reply when the draft replies to something. */
  readonly type?: MessageType | undefined;
  /** For answers to interactions, which travel by webhook. */
  readonly applicationId?: Snowflake | undefined;
  readonly interactionMetadata?: APIMessageInteractionMetadata | undefined;
  /** The slash command that this message answers first, in the deprecated form that clients still read. */
  readonly command?: APIMessageInteraction | undefined;
  readonly ephemeralTo?: UserId | undefined;
  /** The message that this one is about, without being a reply to it. */
  readonly reference?: APIMessageReference | undefined;
}

/** Creates a message and tells the gateway. */
export function createMessage(state: WorldState, origin: MessageOrigin, draft: MessageDraft): MessageRecord {
  const { channel, author, applicationId, interactionMetadata, command, ephemeralTo } = origin;
  const id = state.nextId() as MessageId;
  const attachments = storeFiles(state, channel.id, id, draft);
  const referenced = draft.replyTo === undefined ? undefined : channel.messages.get(draft.replyTo)?.message;
  const content = draft.content ?? "";
  const message: APIMessage = {
    id,
    type: origin.type ?? (referenced === undefined ? MessageType.Default : MessageType.Reply),
    channel_id: channel.id,
    author,
    content,
    timestamp: state.timestamp(),
    edited_timestamp: null,
    tts: draft.tts ?? false,
    ...mentionsOf(
      state,
      channel,
      content,
      draft.allowedMentions,
      applicationId === undefined ? referenced?.author : undefined,
    ),
    attachments,
    embeds: richEmbeds(draft.embeds ?? [], attachments),
    components: [...(draft.components ?? [])],
    pinned: false,
    flags: draft.flags ?? 0,
    ...(draft.nonce === undefined ? {} : { nonce: draft.nonce }),
    ...(applicationId === undefined ? {} : { application_id: applicationId, webhook_id: applicationId }),
    ...(interactionMetadata === undefined ? {} : { interaction_metadata: interactionMetadata }),
    ...(command === undefined ? {} : { interaction: command }),
    ...(origin.reference === undefined ? {} : { message_reference: origin.reference }),
    ...(referenced === undefined ? {} : replyFields(channel, referenced)),
  };
  const record: MessageRecord = { message, ephemeralTo, reactions: new Map() };
  keep(state, channel, record);
  tell(state, "MESSAGE_CREATE", channel, record);
  return record;
}

function replyFields(channel: ChannelRecord, referenced: APIMessage) {
  const { referenced_message: _, ...message } = referenced;
  const guild = channel.guildId === undefined ? {} : { guild_id: channel.guildId };
  return {
    message_reference: {
      type: MessageReferenceType.Default,
      channel_id: channel.id,
      message_id: referenced.id,
      ...guild,
    },
    referenced_message: message,
  };
}

function keep(state: WorldState, channel: ChannelRecord, record: MessageRecord): void {
  channel.messages.set(record.message.id, record);
  if (record.ephemeralTo === undefined) channel.lastMessageId = record.message.id;
  if (channel.messages.size <= MESSAGES_PER_CHANNEL) return;
  const oldest = channel.messages.keys().next().value;
  if (oldest !== undefined && channel.messages.delete(oldest)) {
    channel.pins.delete(oldest);
    state.evicted.messages++;
  }
}

/** Discord marks embeds as rich and replaces `attachment://name` by the file's address. */
function richEmbeds(embeds: readonly APIEmbed[], attachments: readonly APIAttachment[]): APIEmbed[] {
  const resolve = <Media extends { readonly url: string }>(media: Media): Media => {
    const attachment = attachments.find(({ filename }) => media.url === `attachment://${filename}`);
    return attachment === undefined ? media : { ...media, url: attachment.url, proxy_url: attachment.proxy_url };
  };
  return embeds.map((embed) => ({
    ...embed,
    type: "rich" as NonNullable<APIEmbed["type"]>,
    ...(embed.image === undefined ? {} : { image: resolve(embed.image) }),
    ...(embed.thumbnail === undefined ? {} : { thumbnail: resolve(embed.thumbnail) }),
  }));
}

/** Changes a message; this also ends the `thinking` state of a deferred answer. */
export function editMessage(
  state: WorldState,
  channel: ChannelRecord,
  record: MessageRecord,
  draft: MessageDraft,
): void {
  const before = record.message;
  const kept = before.attachments.filter(
    ({ id }) => draft.attachments?.some((attachment) => attachment.id === id) ?? true,
  );
  const attachments = [...kept, ...storeFiles(state, channel.id, before.id, draft)];
  const content = draft.content ?? before.content;
  const wasLoading = ((before.flags ?? 0) & MessageFlags.Loading) !== 0;
  record.message = {
    ...before,
    content,
    ...(draft.content === undefined ? {} : mentionsOf(state, channel, content, draft.allowedMentions, undefined)),
    embeds: draft.embeds === undefined ? before.embeds : richEmbeds(draft.embeds, attachments),
    components: draft.components === undefined ? (before.components ?? []) : [...draft.components],
    attachments,
    flags: (draft.flags ?? 0) | ((before.flags ?? 0) & ~MessageFlags.Loading),
    edited_timestamp: wasLoading ? null : state.timestamp(),
  };
  tell(state, "MESSAGE_UPDATE", channel, record);
}

/** Changes what is not said in a message itself, such as whether it is pinned. */
export function updateMessage(
  state: WorldState,
  channel: ChannelRecord,
  record: MessageRecord,
  change: Partial<APIMessage>,
): void {
  record.message = { ...record.message, ...change };
  tell(state, "MESSAGE_UPDATE", channel, record);
}

/** Deletes a message. */
export function deleteMessage(state: WorldState, channel: ChannelRecord, record: MessageRecord): void {
  const { id } = record.message;
  channel.messages.delete(id);
  channel.pins.delete(id);
  state.publish({
    ...audience(channel, record),
    name: "MESSAGE_DELETE",
    data: { id, channel_id: channel.id, ...guildField(channel, record) },
  });
  state.events.emit({ type: "messageDelete", channelId: channel.id, messageId: id });
}

/** Deletes several messages at once: MESSAGE_DELETE_BULK, and one event of the world for each. */
export function deleteMessages(state: WorldState, channel: ChannelRecord, records: readonly MessageRecord[]): void {
  const [first] = records;
  if (first === undefined) return;
  const ids = records.map(({ message }) => message.id as MessageId);
  for (const id of ids) {
    channel.messages.delete(id);
    channel.pins.delete(id);
  }
  state.publish({
    ...audience(channel, first),
    name: "MESSAGE_DELETE_BULK",
    data: { ids, channel_id: channel.id, ...guildField(channel, first) },
  });
  for (const messageId of ids) state.events.emit({ type: "messageDelete", channelId: channel.id, messageId });
}

function guildField(channel: ChannelRecord, record: MessageRecord): { guild_id?: string } {
  return channel.guildId === undefined || record.ephemeralTo !== undefined ? {} : { guild_id: channel.guildId };
}

/** Ephemeral messages go to their bot alone, under DIRECT_MESSAGES. @see [Discord Docs/Gateway Events#Message Create] */
function audience(
  channel: ChannelRecord,
  record: MessageRecord,
): Pick<Notice, "intents" | "guildId" | "channelId" | "recipients"> {
  if (record.ephemeralTo !== undefined) {
    return {
      intents: GatewayIntentBits.DirectMessages,
      guildId: channel.guildId,
      recipients: [record.message.author.id],
    };
  }
  if (channel.guildId === undefined)
    return { intents: GatewayIntentBits.DirectMessages, recipients: channel.recipients };
  return { intents: GatewayIntentBits.GuildMessages, guildId: channel.guildId, channelId: channel.id };
}

function tell(
  state: WorldState,
  name: "MESSAGE_CREATE" | "MESSAGE_UPDATE",
  channel: ChannelRecord,
  record: MessageRecord,
): void {
  const { message, ephemeralTo } = record;
  const guild =
    ephemeralTo === undefined && channel.guildId !== undefined ? state.guilds.get(channel.guildId) : undefined;
  const hasMember = guild?.members.has(message.author.id) === true && message.webhook_id === undefined;
  const withMember = (userId: Snowflake) => {
    if (guild?.members.has(userId) !== true) return undefined;
    const { user: _, ...member } = memberPayload(state, guild, userId);
    return member;
  };
  const data = {
    ...message,
    channel_type: channel.type,
    ...guildField(channel, record),
    ...(hasMember ? { member: withMember(message.author.id) } : {}),
    mentions: message.mentions.map((user) => ({ ...user, member: withMember(user.id) })),
    ...(message.interaction === undefined
      ? {}
      : { interaction: { ...message.interaction, member: withMember(message.interaction.user.id) } }),
  };
  state.publish({ ...audience(channel, record), name, data, isMessage: true });
  state.events.emit({
    type: name === "MESSAGE_CREATE" ? "messageCreate" : "messageUpdate",
    guildId: channel.guildId,
    channelId: channel.id,
    message,
    ephemeralTo,
  });
}
