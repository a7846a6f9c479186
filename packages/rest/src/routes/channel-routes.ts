import type { Snowflake } from "@antiphon/protocol/discord";
import type * as Api from "discord-api-types/v10";
import { call, send, type FileOptions, type QueryOptions, type ReasonOptions } from "./endpoint.ts";

type InChannel = [channelId: Snowflake];
type OfMessage = [channelId: Snowflake, messageId: Snowflake];
type OfReaction = [channelId: Snowflake, messageId: Snowflake, emoji: string];

/** Channels, their messages, reactions and polls. */
export const channelRoutes = {
  /** Gives a channel or a thread. */
  get: call<InChannel, Api.RESTGetAPIChannelResult>("GET", "/channels/{channelId}"),
  /** Changes a channel or a thread. */
  edit: send<InChannel, Api.RESTPatchAPIChannelJSONBody, Api.RESTPatchAPIChannelResult, ReasonOptions>(
    "PATCH",
    "/channels/{channelId}",
  ),
  /** Deletes a channel or a thread, or closes a direct conversation. */
  delete: call<InChannel, Api.RESTDeleteAPIChannelResult, ReasonOptions>("DELETE", "/channels/{channelId}"),
  /** Shows the bot as typing for ten seconds. */
  startTyping: call<InChannel, Api.RESTPostAPIChannelTypingResult>("POST", "/channels/{channelId}/typing"),
  /** Sets what is shown below a voice channel's name. */
  setVoiceStatus: send<
    InChannel,
    Api.RESTPutAPIChannelVoiceStatusJSONBody,
    Api.RESTPutAPIChannelVoiceStatusResult,
    ReasonOptions
  >("PUT", "/channels/{channelId}/voice-status"),
  /** Plays a sound of the soundboard in the voice channel that the bot is in. */
  sendSoundboardSound: send<
    InChannel,
    Api.RESTPostAPISoundboardSendSoundJSONBody,
    Api.RESTPostAPISendSoundboardSoundResult
  >("POST", "/channels/{channelId}/send-soundboard-sound"),
  /** Sets what a role or a member may do in a channel. */
  setPermissions: send<
    [channelId: Snowflake, overwriteId: Snowflake],
    Api.RESTPutAPIChannelPermissionJSONBody,
    Api.RESTPutAPIChannelPermissionResult,
    ReasonOptions
  >("PUT", "/channels/{channelId}/permissions/{overwriteId}"),
  /** Takes a role's or a member's overwrite away. */
  deletePermissions: call<
    [channelId: Snowflake, overwriteId: Snowflake],
    Api.RESTDeleteAPIChannelPermissionResult,
    ReasonOptions
  >("DELETE", "/channels/{channelId}/permissions/{overwriteId}"),
  /** Lists a channel's invites. */
  listInvites: call<InChannel, Api.RESTGetAPIChannelInvitesResult>("GET", "/channels/{channelId}/invites"),
  /** Creates an invite; a file is the list of users who may accept it, as CSV. */
  createInvite: send<
    InChannel,
    Api.RESTPostAPIChannelInviteJSONBody,
    Api.RESTPostAPIChannelInviteResult,
    FileOptions & ReasonOptions
  >("POST", "/channels/{channelId}/invites", { fileField: "target_users_file" }),
  /** Publishes an announcement channel's messages in another channel. */
  follow: send<
    InChannel,
    Api.RESTPostAPIChannelFollowersJSONBody,
    Api.RESTPostAPIChannelFollowersResult,
    ReasonOptions
  >("POST", "/channels/{channelId}/followers"),
  /** Adds a user to a group conversation. */
  addRecipient: send<
    [channelId: Snowflake, userId: Snowflake],
    Api.RESTPutAPIChannelRecipientJSONBody,
    Api.RESTPutAPIChannelRecipientResult
  >("PUT", "/channels/{channelId}/recipients/{userId}"),
  /** Removes a user from a group conversation. */
  removeRecipient: call<[channelId: Snowflake, userId: Snowflake], Api.RESTDeleteAPIChannelRecipientResult>(
    "DELETE",
    "/channels/{channelId}/recipients/{userId}",
  ),
  /** Lists a channel's webhooks. */
  listWebhooks: call<InChannel, Api.RESTGetAPIChannelWebhooksResult>("GET", "/channels/{channelId}/webhooks"),
  /** Creates a webhook. */
  createWebhook: send<
    InChannel,
    Api.RESTPostAPIChannelWebhookJSONBody,
    Api.RESTPostAPIChannelWebhookResult,
    ReasonOptions
  >("POST", "/channels/{channelId}/webhooks"),
  /** Lists up to 100 messages; `iterateMessages` lists them all. */
  listMessages: call<InChannel, Api.RESTGetAPIChannelMessagesResult, QueryOptions<Api.RESTGetAPIChannelMessagesQuery>>(
    "GET",
    "/channels/{channelId}/messages",
  ),
  /** Gives a message. */
  getMessage: call<OfMessage, Api.RESTGetAPIChannelMessageResult>("GET", "/channels/{channelId}/messages/{messageId}"),
  /** Sends a message. */
  createMessage: send<
    InChannel,
    Api.RESTPostAPIChannelMessageJSONBody,
    Api.RESTPostAPIChannelMessageResult,
    FileOptions
  >("POST", "/channels/{channelId}/messages"),
  /** Changes a message. */
  editMessage: send<
    OfMessage,
    Api.RESTPatchAPIChannelMessageJSONBody,
    Api.RESTPatchAPIChannelMessageResult,
    FileOptions
  >("PATCH", "/channels/{channelId}/messages/{messageId}"),
  /** Deletes a message. */
  deleteMessage: call<OfMessage, Api.RESTDeleteAPIChannelMessageResult, ReasonOptions>(
    "DELETE",
    "/channels/{channelId}/messages/{messageId}",
  ),
  /** Deletes 2 to 100 messages that are younger than two weeks. */
  bulkDeleteMessages: send<
    InChannel,
    Api.RESTPostAPIChannelMessagesBulkDeleteJSONBody,
    Api.RESTPostAPIChannelMessagesBulkDeleteResult,
    ReasonOptions
  >("POST", "/channels/{channelId}/messages/bulk-delete"),
  /** Publishes a message of an announcement channel to its followers. */
  crosspostMessage: call<OfMessage, Api.RESTPostAPIChannelMessageCrosspostResult>(
    "POST",
    "/channels/{channelId}/messages/{messageId}/crosspost",
  ),
  /** Lists up to 50 pinned messages with the time at which they were pinned. */
  listPins: call<
    InChannel,
    Api.RESTGetAPIChannelMessagesPinsResult,
    QueryOptions<Api.RESTGetAPIChannelMessagesPinsQuery>
  >("GET", "/channels/{channelId}/messages/pins"),
  /** Pins a message. */
  pinMessage: call<OfMessage, Api.RESTPutAPIChannelMessagesPinResult, ReasonOptions>(
    "PUT",
    "/channels/{channelId}/messages/pins/{messageId}",
  ),
  /** Unpins a message. */
  unpinMessage: call<OfMessage, Api.RESTDeleteAPIChannelMessagesPinResult, ReasonOptions>(
    "DELETE",
    "/channels/{channelId}/messages/pins/{messageId}",
  ),
  /**
   * Lists the pinned messages.
   *
   * @deprecated Discord wants `listPins`.
   */
  listPinnedMessages: call<InChannel, Api.RESTGetAPIChannelPinsResult>("GET", "/channels/{channelId}/pins"),
  /**
   * Pins a message.
   *
   * @deprecated Discord wants `pinMessage`.
   */
  addPin: call<OfMessage, Api.RESTPutAPIChannelPinResult, ReasonOptions>(
    "PUT",
    "/channels/{channelId}/pins/{messageId}",
  ),
  /**
   * Unpins a message.
   *
   * @deprecated Discord wants `unpinMessage`.
   */
  deletePin: call<OfMessage, Api.RESTDeleteAPIChannelPinResult, ReasonOptions>(
    "DELETE",
    "/channels/{channelId}/pins/{messageId}",
  ),
  /** Reacts to a message; a custom emoji is written `name:id`. */
  addReaction: call<OfReaction, Api.RESTPutAPIChannelMessageReactionResult>(
    "PUT",
    "/channels/{channelId}/messages/{messageId}/reactions/<emoji>/@me",
  ),
  /** Takes the bot's own reaction back. */
  deleteOwnReaction: call<OfReaction, Api.RESTDeleteAPIChannelMessageOwnReactionResult>(
    "DELETE",
    "/channels/{channelId}/messages/{messageId}/reactions/<emoji>/@me",
  ),
  /** Takes a user's reaction away. */
  deleteUserReaction: call<
    [channelId: Snowflake, messageId: Snowflake, emoji: string, userId: Snowflake],
    Api.RESTDeleteAPIChannelMessageUserReactionResult
  >("DELETE", "/channels/{channelId}/messages/{messageId}/reactions/<emoji>/{userId}"),
  /** Lists up to 100 users who reacted with an emoji; `iterateReactions` lists them all. */
  listReactions: call<
    OfReaction,
    Api.RESTGetAPIChannelMessageReactionUsersResult,
    QueryOptions<Api.RESTGetAPIChannelMessageReactionUsersQuery>
  >("GET", "/channels/{channelId}/messages/{messageId}/reactions/<emoji>"),
  /** Takes all reactions with an emoji away. */
  deleteReactions: call<OfReaction, Api.RESTDeleteAPIChannelMessageReactionResult>(
    "DELETE",
    "/channels/{channelId}/messages/{messageId}/reactions/<emoji>",
  ),
  /** Takes all reactions away. */
  deleteAllReactions: call<OfMessage, Api.RESTDeleteAPIChannelAllMessageReactionsResult>(
    "DELETE",
    "/channels/{channelId}/messages/{messageId}/reactions",
  ),
  /** Lists up to 100 users who voted for an answer. */
  listPollVoters: call<
    [channelId: Snowflake, messageId: Snowflake, answerId: number],
    Api.RESTGetAPIPollAnswerVotersResult,
    QueryOptions<Api.RESTGetAPIPollAnswerVotersQuery>
  >("GET", "/channels/{channelId}/polls/{messageId}/answers/<answerId>"),
  /** Ends a poll of the bot's now. */
  endPoll: call<OfMessage, Api.RESTPostAPIPollExpireResult>("POST", "/channels/{channelId}/polls/{messageId}/expire"),
};

type OfThreadMember = [threadId: Snowflake, userId: Snowflake];
type Archived = QueryOptions<Api.RESTGetAPIChannelThreadsArchivedQuery>;

/** Threads and who is in them. */
export const threadRoutes = {
  /** Starts a thread; in a forum or media channel, with its first message and that one's files. */
  create: send<
    InChannel,
    Api.RESTPostAPIChannelThreadsJSONBody | Api.RESTPostAPIGuildForumThreadsJSONBody,
    Api.RESTPostAPIChannelThreadsResult,
    FileOptions & ReasonOptions
  >("POST", "/channels/{channelId}/threads"),
  /** Starts a thread below a message. */
  createFromMessage: send<
    OfMessage,
    Api.RESTPostAPIChannelMessagesThreadsJSONBody,
    Api.RESTPostAPIChannelMessagesThreadsResult,
    ReasonOptions
  >("POST", "/channels/{channelId}/messages/{messageId}/threads"),
  /** Lists a channel's archived public threads, the last archived first. */
  listPublicArchived: call<InChannel, Api.RESTGetAPIChannelThreadsArchivedPublicResult, Archived>(
    "GET",
    "/channels/{channelId}/threads/archived/public",
  ),
  /** Lists a channel's archived private threads, the last archived first. */
  listPrivateArchived: call<InChannel, Api.RESTGetAPIChannelThreadsArchivedPrivateResult, Archived>(
    "GET",
    "/channels/{channelId}/threads/archived/private",
  ),
  /** Lists the archived private threads that the bot is in, the newest first. */
  listJoinedPrivateArchived: call<InChannel, Api.RESTGetAPIChannelUsersThreadsArchivedResult, Archived>(
    "GET",
    "/channels/{channelId}/users/@me/threads/archived/private",
  ),
  /** Lists who is in a thread. */
  listMembers: call<
    [threadId: Snowflake],
    Api.RESTGetAPIChannelThreadMembersResult,
    QueryOptions<Api.RESTGetAPIChannelThreadMembersQuery>
  >("GET", "/channels/{threadId}/thread-members"),
  /** Gives a thread's member. */
  getMember: call<
    OfThreadMember,
    Api.RESTGetAPIChannelThreadMemberResult,
    QueryOptions<Api.RESTGetAPIChannelThreadMemberQuery>
  >("GET", "/channels/{threadId}/thread-members/{userId}"),
  /** Joins a thread. */
  join: call<[threadId: Snowflake], Api.RESTPutAPIChannelThreadMembersResult>(
    "PUT",
    "/channels/{threadId}/thread-members/@me",
  ),
  /** Leaves a thread. */
  leave: call<[threadId: Snowflake], Api.RESTDeleteAPIChannelThreadMembersResult>(
    "DELETE",
    "/channels/{threadId}/thread-members/@me",
  ),
  /** Adds a user to a thread. */
  addMember: call<OfThreadMember, Api.RESTPutAPIChannelThreadMembersResult>(
    "PUT",
    "/channels/{threadId}/thread-members/{userId}",
  ),
  /** Removes a user from a thread. */
  removeMember: call<OfThreadMember, Api.RESTDeleteAPIChannelThreadMembersResult>(
    "DELETE",
    "/channels/{threadId}/thread-members/{userId}",
  ),
};
