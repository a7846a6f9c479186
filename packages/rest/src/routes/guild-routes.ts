import type { Snowflake } from "@antiphon/protocol/discord";
import type * as Api from "discord-api-types/v10";
import { call, send, type AccessTokenOptions, type QueryOptions, type ReasonOptions } from "./endpoint.ts";

type InGuild = [guildId: Snowflake];
type OfMember = [guildId: Snowflake, userId: Snowflake];
type OfRole = [guildId: Snowflake, roleId: Snowflake];

/** Guilds: what they are, and what is in them. */
export const guildRoutes = {
  /**
   * Creates a guild.
   *
   * @deprecated Discord no longer lets applications do so.
   */
  create: send<[], Api.RESTPostAPIGuildsJSONBody, Api.RESTPostAPIGuildsResult>("POST", "/guilds"),
  /** Gives a guild. */
  get: call<InGuild, Api.RESTGetAPIGuildResult, QueryOptions<Api.RESTGetAPIGuildQuery>>("GET", "/guilds/{guildId}"),
  /** Gives what is public of a guild that can be discovered. */
  getPreview: call<InGuild, Api.RESTGetAPIGuildPreviewResult>("GET", "/guilds/{guildId}/preview"),
  /** Changes a guild. */
  edit: send<InGuild, Api.RESTPatchAPIGuildJSONBody, Api.RESTPatchAPIGuildResult, ReasonOptions>(
    "PATCH",
    "/guilds/{guildId}",
  ),
  /**
   * Deletes a guild of the bot's own.
   *
   * @deprecated Discord no longer lets applications own guilds.
   */
  delete: call<InGuild, Api.RESTDeleteAPIGuildResult>("DELETE", "/guilds/{guildId}"),
  /** Gives up to 100 entries of the audit log; `iterateAuditLog` gives them all. */
  getAuditLog: call<InGuild, Api.RESTGetAPIAuditLogResult, QueryOptions<Api.RESTGetAPIAuditLogQuery>>(
    "GET",
    "/guilds/{guildId}/audit-logs",
  ),
  /** Searches the messages of a guild. */
  searchMessages: call<
    InGuild,
    Api.RESTGetAPIGuildMessagesSearchResult,
    QueryOptions<Api.RESTGetAPIGuildMessagesSearchQuery>
  >("GET", "/guilds/{guildId}/messages/search"),
  /** Lists the channels, without threads. */
  listChannels: call<InGuild, Api.RESTGetAPIGuildChannelsResult>("GET", "/guilds/{guildId}/channels"),
  /** Creates a channel. */
  createChannel: send<InGuild, Api.RESTPostAPIGuildChannelJSONBody, Api.RESTPostAPIGuildChannelResult, ReasonOptions>(
    "POST",
    "/guilds/{guildId}/channels",
  ),
  /** Moves channels. */
  moveChannels: send<
    InGuild,
    Api.RESTPatchAPIGuildChannelPositionsJSONBody,
    Api.RESTPatchAPIGuildChannelPositionsResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/channels"),
  /** Lists the threads that are not archived. */
  listActiveThreads: call<InGuild, Api.RESTGetAPIGuildThreadsResult>("GET", "/guilds/{guildId}/threads/active"),
  /** Lists the voice regions of a guild. */
  listVoiceRegions: call<InGuild, Api.RESTGetAPIGuildVoiceRegionsResult>("GET", "/guilds/{guildId}/regions"),
  /** Gives the bot's own voice state. */
  getOwnVoiceState: call<InGuild, Api.RESTGetAPIGuildVoiceStateCurrentMemberResult>(
    "GET",
    "/guilds/{guildId}/voice-states/@me",
  ),
  /** Gives a member's voice state. */
  getVoiceState: call<OfMember, Api.RESTGetAPIGuildVoiceStateUserResult>(
    "GET",
    "/guilds/{guildId}/voice-states/{userId}",
  ),
  /** Changes the bot's own voice state in a stage channel. */
  editOwnVoiceState: send<
    InGuild,
    Api.RESTPatchAPIGuildVoiceStateCurrentMemberJSONBody,
    Api.RESTPatchAPIGuildVoiceStateCurrentMemberResult
  >("PATCH", "/guilds/{guildId}/voice-states/@me"),
  /** Changes a member's voice state in a stage channel. */
  editVoiceState: send<
    OfMember,
    Api.RESTPatchAPIGuildVoiceStateUserJSONBody,
    Api.RESTPatchAPIGuildVoiceStateUserResult
  >("PATCH", "/guilds/{guildId}/voice-states/{userId}"),
  /** Lists the invites to a guild. */
  listInvites: call<InGuild, Api.RESTGetAPIGuildInvitesResult>("GET", "/guilds/{guildId}/invites"),
  /** Gives the guild's own invite code. */
  getVanityUrl: call<InGuild, Api.RESTGetAPIGuildVanityUrlResult>("GET", "/guilds/{guildId}/vanity-url"),
  /** Lists a guild's webhooks. */
  listWebhooks: call<InGuild, Api.RESTGetAPIGuildWebhooksResult>("GET", "/guilds/{guildId}/webhooks"),
  /** Lists up to 50 integrations. */
  listIntegrations: call<InGuild, Api.RESTGetAPIGuildIntegrationsResult>("GET", "/guilds/{guildId}/integrations"),
  /** Removes an integration with its webhooks and its bot. */
  deleteIntegration: call<
    [guildId: Snowflake, integrationId: Snowflake],
    Api.RESTDeleteAPIGuildIntegrationResult,
    ReasonOptions
  >("DELETE", "/guilds/{guildId}/integrations/{integrationId}"),
  /** Gives the settings of the widget. */
  getWidgetSettings: call<InGuild, Api.RESTGetAPIGuildWidgetSettingsResult>("GET", "/guilds/{guildId}/widget"),
  /** Changes the settings of the widget. */
  editWidgetSettings: send<
    InGuild,
    Api.RESTPatchAPIGuildWidgetSettingsJSONBody,
    Api.RESTPatchAPIGuildWidgetSettingsResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/widget"),
  /** Gives the widget; needs no token. */
  getWidget: call<InGuild, Api.RESTGetAPIGuildWidgetJSONResult>("GET", "/guilds/{guildId}/widget.json", {
    authenticate: false,
  }),
  /** Gives the widget as a PNG image; needs no token. */
  getWidgetImage: call<
    InGuild,
    Api.RESTGetAPIGuildWidgetImageResult,
    QueryOptions<Api.RESTGetAPIGuildWidgetImageQuery>
  >("GET", "/guilds/{guildId}/widget.png", { authenticate: false, responseFormat: "bytes" }),
  /** Gives what new members are welcomed with. */
  getWelcomeScreen: call<InGuild, Api.RESTGetAPIGuildWelcomeScreenResult>("GET", "/guilds/{guildId}/welcome-screen"),
  /** Changes what new members are welcomed with. */
  editWelcomeScreen: send<
    InGuild,
    Api.RESTPatchAPIGuildWelcomeScreenJSONBody,
    Api.RESTPatchAPIGuildWelcomeScreenResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/welcome-screen"),
  /** Gives what new members are asked. */
  getOnboarding: call<InGuild, Api.RESTGetAPIGuildOnboardingResult>("GET", "/guilds/{guildId}/onboarding"),
  /** Replaces what new members are asked. */
  editOnboarding: send<
    InGuild,
    Api.RESTPutAPIGuildOnboardingJSONBody,
    Api.RESTPutAPIGuildOnboardingResult,
    ReasonOptions
  >("PUT", "/guilds/{guildId}/onboarding"),
  /** Gives the form that new members fill in. */
  getMemberVerification: call<InGuild, Api.RESTGetAPIGuildMemberVerificationResult>(
    "GET",
    "/guilds/{guildId}/member-verification",
  ),
  /** Changes the form that new members fill in. */
  editMemberVerification: send<
    InGuild,
    Api.RESTPatchAPIGuildMemberVerificationJSONBody,
    Api.RESTPatchAPIGuildMemberVerificationResult
  >("PATCH", "/guilds/{guildId}/member-verification"),
  /** Switches invites or direct messages off for a while. */
  setIncidentActions: send<
    InGuild,
    Api.RESTPutAPIGuildIncidentActionsJSONBody,
    Api.RESTPutAPIGuildIncidentActionsResult
  >("PUT", "/guilds/{guildId}/incident-actions"),
  /**
   * Sets whether moderators need two factors.
   *
   * @deprecated Only a guild's owner could, and applications no longer own guilds.
   */
  setMfaLevel: send<InGuild, Api.RESTPostAPIGuildsMFAJSONBody, Api.RESTPostAPIGuildsMFAResult, ReasonOptions>(
    "POST",
    "/guilds/{guildId}/mfa",
  ),
};

/** Members, and who may not be one. */
export const memberRoutes = {
  /** Lists up to 1,000 members; `iterateMembers` lists them all. Needs the intent for members. */
  list: call<InGuild, Api.RESTGetAPIGuildMembersResult, QueryOptions<Api.RESTGetAPIGuildMembersQuery>>(
    "GET",
    "/guilds/{guildId}/members",
  ),
  /** Lists the members whose name or nickname starts with a text. */
  search: call<InGuild, Api.RESTGetAPIGuildMembersSearchResult, QueryOptions<Api.RESTGetAPIGuildMembersSearchQuery>>(
    "GET",
    "/guilds/{guildId}/members/search",
  ),
  /** Gives a member. */
  get: call<OfMember, Api.RESTGetAPIGuildMemberResult>("GET", "/guilds/{guildId}/members/{userId}"),
  /** Adds a user whose access token has `guilds.join`; undefined when the user is a member already. */
  add: send<OfMember, Api.RESTPutAPIGuildMemberJSONBody, Api.RESTPutAPIGuildMemberResult>(
    "PUT",
    "/guilds/{guildId}/members/{userId}",
  ),
  /** Changes a member: nickname, roles, voice, timeout. */
  edit: send<OfMember, Api.RESTPatchAPIGuildMemberJSONBody, Api.RESTPatchAPIGuildMemberResult, ReasonOptions>(
    "PATCH",
    "/guilds/{guildId}/members/{userId}",
  ),
  /** Changes the bot's own nickname, avatar, banner or bio in a guild. */
  editOwn: send<
    InGuild,
    Api.RESTPatchAPICurrentGuildMemberJSONBody,
    Api.RESTPatchAPICurrentGuildMemberResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/members/@me"),
  /**
   * Changes the bot's own nickname.
   *
   * @deprecated Discord wants `editOwn`.
   */
  editOwnNickname: send<
    InGuild,
    Api.RESTPatchAPICurrentGuildMemberNicknameJSONBody,
    Api.RESTPatchAPICurrentGuildMemberNicknameResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/members/@me/nick"),
  /** Kicks a member. */
  kick: call<OfMember, Api.RESTDeleteAPIGuildMemberResult, ReasonOptions>(
    "DELETE",
    "/guilds/{guildId}/members/{userId}",
  ),
  /** Gives a member a role. */
  addRole: call<
    [guildId: Snowflake, userId: Snowflake, roleId: Snowflake],
    Api.RESTPutAPIGuildMemberRoleResult,
    ReasonOptions
  >("PUT", "/guilds/{guildId}/members/{userId}/roles/{roleId}"),
  /** Takes a role from a member. */
  removeRole: call<
    [guildId: Snowflake, userId: Snowflake, roleId: Snowflake],
    Api.RESTDeleteAPIGuildMemberRoleResult,
    ReasonOptions
  >("DELETE", "/guilds/{guildId}/members/{userId}/roles/{roleId}"),
  /** Lists up to 1,000 bans; `iterateBans` lists them all. */
  listBans: call<InGuild, Api.RESTGetAPIGuildBansResult, QueryOptions<Api.RESTGetAPIGuildBansQuery>>(
    "GET",
    "/guilds/{guildId}/bans",
  ),
  /** Gives a ban. */
  getBan: call<OfMember, Api.RESTGetAPIGuildBanResult>("GET", "/guilds/{guildId}/bans/{userId}"),
  /** Bans a user, and deletes messages of theirs when told how far back. */
  ban: send<OfMember, Api.RESTPutAPIGuildBanJSONBody, Api.RESTPutAPIGuildBanResult, ReasonOptions>(
    "PUT",
    "/guilds/{guildId}/bans/{userId}",
  ),
  /** Lifts a ban. */
  unban: call<OfMember, Api.RESTDeleteAPIGuildBanResult, ReasonOptions>("DELETE", "/guilds/{guildId}/bans/{userId}"),
  /** Bans up to 200 users. */
  bulkBan: send<InGuild, Api.RESTPostAPIGuildBulkBanJSONBody, Api.RESTPostAPIGuildBulkBanResult, ReasonOptions>(
    "POST",
    "/guilds/{guildId}/bulk-ban",
  ),
  /** Says how many members a pruning would remove. */
  getPruneCount: call<InGuild, Api.RESTGetAPIGuildPruneCountResult, QueryOptions<Api.RESTGetAPIGuildPruneCountQuery>>(
    "GET",
    "/guilds/{guildId}/prune",
  ),
  /** Kicks the members who were not there for some days. */
  prune: send<InGuild, Api.RESTPostAPIGuildPruneJSONBody, Api.RESTPostAPIGuildPruneResult, ReasonOptions>(
    "POST",
    "/guilds/{guildId}/prune",
  ),
};

/** Roles. */
export const roleRoutes = {
  /** Lists the roles of a guild. */
  list: call<InGuild, Api.RESTGetAPIGuildRolesResult>("GET", "/guilds/{guildId}/roles"),
  /** Gives a role. */
  get: call<OfRole, Api.RESTGetAPIGuildRoleResult>("GET", "/guilds/{guildId}/roles/{roleId}"),
  /** Says how many members have which role. */
  getMemberCounts: call<InGuild, Api.RESTGetAPIGuildRoleMemberCountsResult>(
    "GET",
    "/guilds/{guildId}/roles/member-counts",
  ),
  /** Creates a role. */
  create: send<InGuild, Api.RESTPostAPIGuildRoleJSONBody, Api.RESTPostAPIGuildRoleResult, ReasonOptions>(
    "POST",
    "/guilds/{guildId}/roles",
  ),
  /** Moves roles. */
  move: send<
    InGuild,
    Api.RESTPatchAPIGuildRolePositionsJSONBody,
    Api.RESTPatchAPIGuildRolePositionsResult,
    ReasonOptions
  >("PATCH", "/guilds/{guildId}/roles"),
  /** Changes a role. */
  edit: send<OfRole, Api.RESTPatchAPIGuildRoleJSONBody, Api.RESTPatchAPIGuildRoleResult, ReasonOptions>(
    "PATCH",
    "/guilds/{guildId}/roles/{roleId}",
  ),
  /** Deletes a role. */
  delete: call<OfRole, Api.RESTDeleteAPIGuildRoleResult, ReasonOptions>("DELETE", "/guilds/{guildId}/roles/{roleId}"),
};

/** The user who is logged in, and others. */
export const userRoutes = {
  /** Gives the bot's own user. */
  getCurrent: call<[], Api.RESTGetAPICurrentUserResult, AccessTokenOptions>("GET", "/users/@me"),
  /** Gives a user. */
  get: call<[userId: Snowflake], Api.RESTGetAPIUserResult>("GET", "/users/{userId}"),
  /** Changes the bot's own name, avatar or banner. */
  editCurrent: send<[], Api.RESTPatchAPICurrentUserJSONBody, Api.RESTPatchAPICurrentUserResult>("PATCH", "/users/@me"),
  /** Lists up to 200 guilds that the user is in; `iterateGuilds` lists them all. */
  listGuilds: call<
    [],
    Api.RESTGetAPICurrentUserGuildsResult,
    AccessTokenOptions & QueryOptions<Api.RESTGetAPICurrentUserGuildsQuery>
  >("GET", "/users/@me/guilds"),
  /** Gives the user's own member of a guild; needs an access token with `guilds.members.read`. */
  getGuildMember: call<InGuild, Api.RESTGetCurrentUserGuildMemberResult, AccessTokenOptions>(
    "GET",
    "/users/@me/guilds/{guildId}/member",
  ),
  /** Leaves a guild. */
  leaveGuild: call<InGuild, Api.RESTDeleteAPICurrentUserGuildResult>("DELETE", "/users/@me/guilds/{guildId}"),
  /** Opens the direct conversation with a user. */
  createDirectChannel: send<
    [],
    Api.RESTPostAPICurrentUserCreateDMChannelJSONBody,
    Api.RESTPostAPICurrentUserCreateDMChannelResult
  >("POST", "/users/@me/channels"),
  /** Lists the user's accounts elsewhere; needs an access token with `connections`. */
  listConnections: call<[], Api.RESTGetAPICurrentUserConnectionsResult, AccessTokenOptions>(
    "GET",
    "/users/@me/connections",
  ),
  /** Gives the user's linked role; needs an access token with `role_connections.write`. */
  getRoleConnection: call<
    [applicationId: Snowflake],
    Api.RESTGetAPICurrentUserApplicationRoleConnectionResult,
    AccessTokenOptions
  >("GET", "/users/@me/applications/{applicationId}/role-connection"),
  /** Sets the user's linked role; needs an access token with `role_connections.write`. */
  setRoleConnection: send<
    [applicationId: Snowflake],
    Api.RESTPutAPICurrentUserApplicationRoleConnectionJSONBody,
    Api.RESTPutAPICurrentUserApplicationRoleConnectionResult,
    AccessTokenOptions
  >("PUT", "/users/@me/applications/{applicationId}/role-connection"),
  /** Deletes the user's linked role; needs an access token with `role_connections.write`. */
  deleteRoleConnection: call<
    [applicationId: Snowflake],
    Api.RESTDeleteAPICurrentUserApplicationRoleConnectionResult,
    AccessTokenOptions
  >("DELETE", "/users/@me/applications/{applicationId}/role-connection"),
};
