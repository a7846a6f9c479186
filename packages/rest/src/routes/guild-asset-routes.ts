import type { Snowflake } from "@antiphon/protocol/discord";
import type * as Api from "discord-api-types/v10";
import { call, send, type FileOptions, type QueryOptions, type ReasonOptions } from "./endpoint.ts";

type InGuild = [guildId: Snowflake];
type OfEmoji = [guildId: Snowflake, emojiId: Snowflake];
type OfSticker = [guildId: Snowflake, stickerId: Snowflake];
type OfSound = [guildId: Snowflake, soundId: Snowflake];
type OfEvent = [guildId: Snowflake, eventId: Snowflake];
type OfRule = [guildId: Snowflake, ruleId: Snowflake];
type OfTemplate = [guildId: Snowflake, code: string];
type OnStage = [channelId: Snowflake];
type OfInvite = [code: string];

/** Emojis of guilds. */
export const emojiRoutes = {
  /** Lists a guild's emojis. */
  list: call<InGuild, Api.RESTGetAPIGuildEmojisResult>("GET", "/guilds/{guildId}/emojis"),
  /** Gives an emoji. */
  get: call<OfEmoji, Api.RESTGetAPIGuildEmojiResult>("GET", "/guilds/{guildId}/emojis/{emojiId}"),
  /** Creates an emoji of an image, up to 256 KiB, as a data URL. */
  create: send<InGuild, Api.RESTPostAPIGuildEmojiJSONBody, Api.RESTPostAPIGuildEmojiResult, ReasonOptions>(
    "POST",
    "/guilds/{guildId}/emojis",
  ),
  /** Changes an emoji. */
  edit: send<OfEmoji, Api.RESTPatchAPIGuildEmojiJSONBody, Api.RESTPatchAPIGuildEmojiResult, ReasonOptions>(
    "PATCH",
    "/guilds/{guildId}/emojis/{emojiId}",
  ),
  /** Deletes an emoji. */
  delete: call<OfEmoji, Api.RESTDeleteAPIGuildEmojiResult, ReasonOptions>(
    "DELETE",
    "/guilds/{guildId}/emojis/{emojiId}",
  ),
};

/** Stickers of guilds, and those that Discord has itself. */
export const stickerRoutes = {
  /** Gives a sticker. */
  get: call<[stickerId: Snowflake], Api.RESTGetAPIStickerResult>("GET", "/stickers/{stickerId}"),
  /** Lists the packs of stickers. */
  listPacks: call<[], Api.RESTGetStickerPacksResult>("GET", "/sticker-packs"),
  /** Gives a pack of stickers. */
  getPack: call<[packId: Snowflake], Api.RESTGetAPIStickerPackResult>("GET", "/sticker-packs/{packId}"),
  /** Lists a guild's stickers. */
  listOfGuild: call<InGuild, Api.RESTGetAPIGuildStickersResult>("GET", "/guilds/{guildId}/stickers"),
  /** Gives a guild's sticker. */
  getOfGuild: call<OfSticker, Api.RESTGetAPIGuildStickerResult>("GET", "/guilds/{guildId}/stickers/{stickerId}"),
  /** Creates a sticker of the one file given: PNG, APNG, GIF or Lottie, up to 512 KiB. */
  create: send<
    InGuild,
    Omit<Api.RESTPostAPIGuildStickerFormDataBody, "file">,
    Api.RESTPostAPIGuildStickerResult,
    FileOptions & ReasonOptions
  >("POST", "/guilds/{guildId}/stickers", { bodyFormat: "form", fileField: "file" }),
  /** Changes a sticker. */
  edit: send<OfSticker, Api.RESTPatchAPIGuildStickerJSONBody, Api.RESTPatchAPIGuildStickerResult, ReasonOptions>(
    "PATCH",
    "/guilds/{guildId}/stickers/{stickerId}",
  ),
  /** Deletes a sticker. */
  delete: call<OfSticker, Api.RESTDeleteAPIGuildStickerResult, ReasonOptions>(
    "DELETE",
    "/guilds/{guildId}/stickers/{stickerId}",
  ),
};

/** Sounds of the soundboard. */
export const soundboardRoutes = {
  /** Lists the sounds that everyone has. */
  listDefault: call<[], Api.RESTGetAPISoundboardDefaultSoundsResult>("GET", "/soundboard-default-sounds"),
  /** Lists a guild's sounds. */
  list: call<InGuild, Api.RESTGetAPIGuildSoundboardSoundsResult>("GET", "/guilds/{guildId}/soundboard-sounds"),
  /** Gives a sound. */
  get: call<OfSound, Api.RESTGetAPIGuildSoundboardSoundResult>("GET", "/guilds/{guildId}/soundboard-sounds/{soundId}"),
  /** Creates a sound of MP3 or Ogg audio, up to 512 KiB, as a data URL. */
  create: send<
    InGuild,
    Api.RESTPostAPIGuildSoundboardSoundJSONBody,
    Api.RESTPostAPIGuildSoundboardSoundResult,
    ReasonOptions
  >("POST", "/guilds/{guildId}/soundboard-sounds"),
  /** Changes a sound. */
  edit: send<
    OfSound,
    Api.RESTPatchAPIGuildSoundboardSoundJSONBody,
    Api.RESTPatchAPIGuildSoundboardSoundResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/soundboard-sounds/{soundId}"),
  /** Deletes a sound. */
  delete: call<OfSound, Api.RESTDeleteAPIGuildSoundboardSoundResult, ReasonOptions>(
    "DELETE",
    "/guilds/{guildId}/soundboard-sounds/{soundId}",
  ),
};

/** Scheduled events. */
export const scheduledEventRoutes = {
  /** Lists a guild's events. */
  list: call<InGuild, Api.RESTGetAPIGuildScheduledEventsResult, QueryOptions<Api.RESTGetAPIGuildScheduledEventsQuery>>(
    "GET",
    "/guilds/{guildId}/scheduled-events",
  ),
  /** Gives an event. */
  get: call<OfEvent, Api.RESTGetAPIGuildScheduledEventResult, QueryOptions<Api.RESTGetAPIGuildScheduledEventQuery>>(
    "GET",
    "/guilds/{guildId}/scheduled-events/{eventId}",
  ),
  /** Creates an event. */
  create: send<
    InGuild,
    Api.RESTPostAPIGuildScheduledEventJSONBody,
    Api.RESTPostAPIGuildScheduledEventResult,
    ReasonOptions
  >("POST", "/guilds/{guildId}/scheduled-events"),
  /** Changes, starts or ends an event. */
  edit: send<
    OfEvent,
    Api.RESTPatchAPIGuildScheduledEventJSONBody,
    Api.RESTPatchAPIGuildScheduledEventResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/scheduled-events/{eventId}"),
  /** Deletes an event. */
  delete: call<OfEvent, Api.RESTDeleteAPIGuildScheduledEventResult, ReasonOptions>(
    "DELETE",
    "/guilds/{guildId}/scheduled-events/{eventId}",
  ),
  /** Lists up to 100 users who are interested; `iterateEventUsers` lists them all. */
  listUsers: call<
    OfEvent,
    Api.RESTGetAPIGuildScheduledEventUsersResult,
    QueryOptions<Api.RESTGetAPIGuildScheduledEventUsersQuery>
  >("GET", "/guilds/{guildId}/scheduled-events/{eventId}/users"),
};

/** Rules of the automatic moderation. */
export const autoModerationRoutes = {
  /** Lists a guild's rules. */
  list: call<InGuild, Api.RESTGetAPIAutoModerationRulesResult>("GET", "/guilds/{guildId}/auto-moderation/rules"),
  /** Gives a rule. */
  get: call<OfRule, Api.RESTGetAPIAutoModerationRuleResult>("GET", "/guilds/{guildId}/auto-moderation/rules/{ruleId}"),
  /** Creates a rule. */
  create: send<
    InGuild,
    Api.RESTPostAPIAutoModerationRuleJSONBody,
    Api.RESTPostAPIAutoModerationRuleResult,
    ReasonOptions
  >("POST", "/guilds/{guildId}/auto-moderation/rules"),
  /** Changes a rule. */
  edit: send<
    OfRule,
    Api.RESTPatchAPIAutoModerationRuleJSONBody,
    Api.RESTPatchAPIAutoModerationRuleResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/auto-moderation/rules/{ruleId}"),
  /** Deletes a rule. */
  delete: call<OfRule, Api.RESTDeleteAPIAutoModerationRuleResult, ReasonOptions>(
    "DELETE",
    "/guilds/{guildId}/auto-moderation/rules/{ruleId}",
  ),
};

/** Templates of guilds. */
export const templateRoutes = {
  /** Gives a template. */
  get: call<[code: string], Api.RESTGetAPITemplateResult>("GET", "/guilds/templates/<code>"),
  /**
   * Creates a guild from a template.
   *
   * @deprecated Discord no longer lets applications do so.
   */
  createGuild: send<
    [code: string],
    Api.RESTPostAPITemplateCreateGuildJSONBody,
    Api.RESTPostAPITemplateCreateGuildResult
  >("POST", "/guilds/templates/<code>"),
  /** Lists the templates made of a guild. */
  list: call<InGuild, Api.RESTGetAPIGuildTemplatesResult>("GET", "/guilds/{guildId}/templates"),
  /** Makes a template of a guild. */
  create: send<InGuild, Api.RESTPostAPIGuildTemplatesJSONBody, Api.RESTPostAPIGuildTemplatesResult>(
    "POST",
    "/guilds/{guildId}/templates",
  ),
  /** Brings a template to what the guild is now. */
  sync: call<OfTemplate, Api.RESTPutAPIGuildTemplateSyncResult>("PUT", "/guilds/{guildId}/templates/<code>"),
  /** Changes a template's name or description. */
  edit: send<OfTemplate, Api.RESTPatchAPIGuildTemplateJSONBody, Api.RESTPatchAPIGuildTemplateResult>(
    "PATCH",
    "/guilds/{guildId}/templates/<code>",
  ),
  /** Deletes a template. */
  delete: call<OfTemplate, Api.RESTDeleteAPIGuildTemplateResult>("DELETE", "/guilds/{guildId}/templates/<code>"),
};

/** What is live on stage channels. */
export const stageInstanceRoutes = {
  /** Opens a stage. */
  create: send<[], Api.RESTPostAPIStageInstanceJSONBody, Api.RESTPostAPIStageInstanceResult, ReasonOptions>(
    "POST",
    "/stage-instances",
  ),
  /** Gives the open stage of a channel. */
  get: call<OnStage, Api.RESTGetAPIStageInstanceResult>("GET", "/stage-instances/{channelId}"),
  /** Changes an open stage. */
  edit: send<OnStage, Api.RESTPatchAPIStageInstanceJSONBody, Api.RESTPatchAPIStageInstanceResult, ReasonOptions>(
    "PATCH",
    "/stage-instances/{channelId}",
  ),
  /** Closes a stage. */
  delete: call<OnStage, Api.RESTDeleteAPIStageInstanceResult, ReasonOptions>("DELETE", "/stage-instances/{channelId}"),
};

/** Invites. */
export const inviteRoutes = {
  /** Gives an invite. */
  get: call<OfInvite, Api.RESTGetAPIInviteResult, QueryOptions<Api.RESTGetAPIInviteQuery>>("GET", "/invites/<code>"),
  /** Deletes an invite. */
  delete: call<OfInvite, Api.RESTDeleteAPIInviteResult, ReasonOptions>("DELETE", "/invites/<code>"),
  /** Gives the users who may accept an invite, as CSV. */
  getTargetUsers: call<OfInvite, Api.RESTGetAPIInviteTargetUsersResult>("GET", "/invites/<code>/target-users", {
    responseFormat: "bytes",
  }),
  /** Replaces the users who may accept an invite by those of the one file given, which is CSV. */
  setTargetUsers: call<OfInvite, Api.RESTPutAPIInviteTargetUsersResult, FileOptions>(
    "PUT",
    "/invites/<code>/target-users",
    { fileField: "target_users_file" },
  ),
  /** Says how far Discord is with a new list of users. */
  getTargetUsersStatus: call<OfInvite, Api.RESTGetAPIInviteTargetUsersJobStatusResult>(
    "GET",
    "/invites/<code>/target-users/job-status",
  ),
};
