import type { Snowflake } from "@antiphon/protocol/discord";
import type * as Api from "discord-api-types/v10";
import { call, send, type AccessTokenOptions, type QueryOptions } from "./endpoint.ts";

type OfApplication = [applicationId: Snowflake];
type OfCommand = [applicationId: Snowflake, commandId: Snowflake];
type InGuild = [applicationId: Snowflake, guildId: Snowflake];
type OfGuildCommand = [applicationId: Snowflake, guildId: Snowflake, commandId: Snowflake];
type OfEmoji = [applicationId: Snowflake, emojiId: Snowflake];
type OfEntitlement = [applicationId: Snowflake, entitlementId: Snowflake];
type OfSku = [skuId: Snowflake];
type OfIdentity = [applicationId: Snowflake, userId: Snowflake, providerIssuedUserId: string];

/** The application, its emojis, and the users whom it knows by another name. */
export const applicationRoutes = {
  /** Gives the bot's own application. */
  getCurrent: call<[], Api.RESTGetCurrentApplicationResult>("GET", "/applications/@me"),
  /** Changes the bot's own application. */
  editCurrent: send<[], Api.RESTPatchCurrentApplicationJSONBody, Api.RESTPatchCurrentApplicationResult>(
    "PATCH",
    "/applications/@me",
  ),
  /** Gives a running activity and who is in it. */
  getActivityInstance: call<
    [applicationId: Snowflake, instanceId: string],
    Api.RESTGetAPIApplicationActivityInstanceResult
  >("GET", "/applications/{applicationId}/activity-instances/<instanceId>"),
  /** Lists what linked roles of this application may ask for. */
  listRoleConnectionMetadata: call<OfApplication, Api.RESTGetAPIApplicationRoleConnectionMetadataResult>(
    "GET",
    "/applications/{applicationId}/role-connections/metadata",
  ),
  /** Replaces what linked roles of this application may ask for. */
  setRoleConnectionMetadata: send<
    OfApplication,
    Api.RESTPutAPIApplicationRoleConnectionMetadataJSONBody,
    Api.RESTPutAPIApplicationRoleConnectionMetadataResult
  >("PUT", "/applications/{applicationId}/role-connections/metadata"),
  /** Lists the application's own emojis. */
  listEmojis: call<OfApplication, Api.RESTGetAPIApplicationEmojisResult>("GET", "/applications/{applicationId}/emojis"),
  /** Gives an emoji of the application's. */
  getEmoji: call<OfEmoji, Api.RESTGetAPIApplicationEmojiResult>(
    "GET",
    "/applications/{applicationId}/emojis/{emojiId}",
  ),
  /** Creates an emoji of the application's of an image, up to 256 KiB, as a data URL. */
  createEmoji: send<OfApplication, Api.RESTPostAPIApplicationEmojiJSONBody, Api.RESTPostAPIApplicationEmojiResult>(
    "POST",
    "/applications/{applicationId}/emojis",
  ),
  /** Renames an emoji of the application's. */
  editEmoji: send<OfEmoji, Api.RESTPatchAPIApplicationEmojiJSONBody, Api.RESTPatchAPIApplicationEmojiResult>(
    "PATCH",
    "/applications/{applicationId}/emojis/{emojiId}",
  ),
  /** Deletes an emoji of the application's. */
  deleteEmoji: call<OfEmoji, Api.RESTDeleteAPIApplicationEmojiResult>(
    "DELETE",
    "/applications/{applicationId}/emojis/{emojiId}",
  ),
  /** Gives what a user's profile shows of an identity. */
  getIdentityProfile: call<OfIdentity, Api.RESTGetAPIApplicationIdentityProfileResult>(
    "GET",
    "/applications/{applicationId}/users/{userId}/identities/<providerIssuedUserId>/profile",
  ),
  /** Changes what a user's profile shows of an identity. */
  editIdentityProfile: send<
    OfIdentity,
    Api.RESTPatchAPIApplicationIdentityProfileJSONBody,
    Api.RESTPatchAPIApplicationIdentityProfileResult
  >("PATCH", "/applications/{applicationId}/users/{userId}/identities/<providerIssuedUserId>/profile"),
  /** Lists a user's identities with an application. */
  listUserIdentities: call<
    [userId: Snowflake, applicationId: Snowflake],
    Api.RESTGetAPIUserApplicationIdentitiesResult
  >("GET", "/users/{userId}/application-identities/{applicationId}"),
  /** Finds the users behind an id that another provider gave. */
  findIdentities: call<
    [applicationId: Snowflake, providerType: string, providerIssuedUserId: string],
    Api.RESTGetAPIApplicationIdentitiesResult,
    QueryOptions<Api.RESTGetAPIApplicationIdentitiesQuery>
  >("GET", "/applications/{applicationId}/application-identities/<providerType>/<providerIssuedUserId>"),
  /** Deletes a user's identity. */
  deleteIdentity: send<
    [userId: Snowflake, applicationId: Snowflake, providerType: string, providerIssuedUserId: string],
    Api.RESTPostAPIApplicationIdentityDeleteJSONBody,
    Api.RESTPostAPIApplicationIdentityDeleteResult
  >("POST", "/users/{userId}/application-identities/{applicationId}/<providerType>/<providerIssuedUserId>/delete"),
};

/** Application commands, of all guilds and of one. */
export const commandRoutes = {
  /** Lists the global commands. */
  list: call<
    OfApplication,
    Api.RESTGetAPIApplicationCommandsResult,
    QueryOptions<Api.RESTGetAPIApplicationCommandsQuery>
  >("GET", "/applications/{applicationId}/commands"),
  /** Gives a global command. */
  get: call<OfCommand, Api.RESTGetAPIApplicationCommandResult>(
    "GET",
    "/applications/{applicationId}/commands/{commandId}",
  ),
  /** Creates a global command, or replaces the one of the same name. */
  create: send<OfApplication, Api.RESTPostAPIApplicationCommandsJSONBody, Api.RESTPostAPIApplicationCommandsResult>(
    "POST",
    "/applications/{applicationId}/commands",
  ),
  /** Changes a global command. */
  edit: send<OfCommand, Api.RESTPatchAPIApplicationCommandJSONBody, Api.RESTPatchAPIApplicationCommandResult>(
    "PATCH",
    "/applications/{applicationId}/commands/{commandId}",
  ),
  /** Deletes a global command. */
  delete: call<OfCommand, undefined>("DELETE", "/applications/{applicationId}/commands/{commandId}"),
  /** Replaces all global commands. */
  setAll: send<OfApplication, Api.RESTPutAPIApplicationCommandsJSONBody, Api.RESTPutAPIApplicationCommandsResult>(
    "PUT",
    "/applications/{applicationId}/commands",
  ),
  /** Lists the commands of a guild. */
  listOfGuild: call<
    InGuild,
    Api.RESTGetAPIApplicationGuildCommandsResult,
    QueryOptions<Api.RESTGetAPIApplicationGuildCommandsQuery>
  >("GET", "/applications/{applicationId}/guilds/{guildId}/commands"),
  /** Gives a command of a guild. */
  getOfGuild: call<OfGuildCommand, Api.RESTGetAPIApplicationGuildCommandResult>(
    "GET",
    "/applications/{applicationId}/guilds/{guildId}/commands/{commandId}",
  ),
  /** Creates a command of a guild, or replaces the one of the same name. */
  createOfGuild: send<
    InGuild,
    Api.RESTPostAPIApplicationGuildCommandsJSONBody,
    Api.RESTPostAPIApplicationGuildCommandsResult
  >("POST", "/applications/{applicationId}/guilds/{guildId}/commands"),
  /** Changes a command of a guild. */
  editOfGuild: send<
    OfGuildCommand,
    Api.RESTPatchAPIApplicationGuildCommandJSONBody,
    Api.RESTPatchAPIApplicationGuildCommandResult
  >("PATCH", "/applications/{applicationId}/guilds/{guildId}/commands/{commandId}"),
  /** Deletes a command of a guild. */
  deleteOfGuild: call<OfGuildCommand, undefined>(
    "DELETE",
    "/applications/{applicationId}/guilds/{guildId}/commands/{commandId}",
  ),
  /** Replaces all commands of a guild. */
  setAllOfGuild: send<
    InGuild,
    Api.RESTPutAPIApplicationGuildCommandsJSONBody,
    Api.RESTPutAPIApplicationGuildCommandsResult
  >("PUT", "/applications/{applicationId}/guilds/{guildId}/commands"),
  /** Lists who may use which command in a guild. */
  listPermissions: call<InGuild, Api.RESTGetAPIGuildApplicationCommandsPermissionsResult>(
    "GET",
    "/applications/{applicationId}/guilds/{guildId}/commands/permissions",
  ),
  /**
   * Sets who may use which command in a guild.
   *
   * @deprecated Discord wants `setPermissions`, a command at a time.
   */
  setAllPermissions: send<
    InGuild,
    Api.RESTPutAPIGuildApplicationCommandsPermissionsJSONBody,
    Api.RESTPutAPIGuildApplicationCommandsPermissionsResult,
    AccessTokenOptions
  >("PUT", "/applications/{applicationId}/guilds/{guildId}/commands/permissions"),
  /** Says who may use a command in a guild. */
  getPermissions: call<OfGuildCommand, Api.RESTGetAPIApplicationCommandPermissionsResult>(
    "GET",
    "/applications/{applicationId}/guilds/{guildId}/commands/{commandId}/permissions",
  ),
  /** Sets who may use a command in a guild; needs the access token of a user who manages it. */
  setPermissions: send<
    OfGuildCommand,
    Api.RESTPutAPIApplicationCommandPermissionsJSONBody,
    Api.RESTPutAPIApplicationCommandPermissionsResult,
    AccessTokenOptions
  >("PUT", "/applications/{applicationId}/guilds/{guildId}/commands/{commandId}/permissions"),
};

/** What an application sells. */
export const monetizationRoutes = {
  /** Lists what is for sale. */
  listSkus: call<OfApplication, Api.RESTGetAPISKUsResult>("GET", "/applications/{applicationId}/skus"),
  /** Lists up to 100 entitlements; `iterateEntitlements` lists them all. */
  listEntitlements: call<
    OfApplication,
    Api.RESTGetAPIEntitlementsResult,
    QueryOptions<Api.RESTGetAPIEntitlementsQuery>
  >("GET", "/applications/{applicationId}/entitlements"),
  /** Gives an entitlement. */
  getEntitlement: call<OfEntitlement, Api.RESTGetAPIEntitlementResult>(
    "GET",
    "/applications/{applicationId}/entitlements/{entitlementId}",
  ),
  /** Gives a user or a guild an entitlement to try things with. */
  createTestEntitlement: send<OfApplication, Api.RESTPostAPIEntitlementJSONBody, Api.RESTPostAPIEntitlementResult>(
    "POST",
    "/applications/{applicationId}/entitlements",
  ),
  /** Uses up an entitlement that can be bought again. */
  consumeEntitlement: call<OfEntitlement, Api.RESTPostAPIEntitlementConsumeResult>(
    "POST",
    "/applications/{applicationId}/entitlements/{entitlementId}/consume",
  ),
  /** Deletes an entitlement that was made to try things. */
  deleteTestEntitlement: call<OfEntitlement, Api.RESTDeleteAPIEntitlementResult>(
    "DELETE",
    "/applications/{applicationId}/entitlements/{entitlementId}",
  ),
  /** Lists the subscriptions to what is for sale, of one user. */
  listSubscriptions: call<
    OfSku,
    Api.RESTGetAPISKUSubscriptionsResult,
    QueryOptions<Api.RESTGetAPISKUSubscriptionsQuery>
  >("GET", "/skus/{skuId}/subscriptions"),
  /** Gives a subscription. */
  getSubscription: call<[skuId: Snowflake, subscriptionId: Snowflake], Api.RESTGetAPISKUSubscriptionResult>(
    "GET",
    "/skus/{skuId}/subscriptions/{subscriptionId}",
  ),
};

type TokenRequest =
  | Api.RESTPostOAuth2AccessTokenURLEncodedData
  | Api.RESTPostOAuth2RefreshTokenURLEncodedData
  | Api.RESTPostOAuth2ClientCredentialsURLEncodedData;

/** Authorization by users; an application names itself by `client_id` and `client_secret` in the body, or a Basic header. */
export const oauth2Routes = {
  /** Gives the bot's own application. */
  getCurrentApplication: call<[], Api.RESTGetAPIOAuth2CurrentApplicationResult>("GET", "/oauth2/applications/@me"),
  /** Says what an access token is good for. */
  getCurrentAuthorization: call<[], Api.RESTGetAPIOAuth2CurrentAuthorizationResult, AccessTokenOptions>(
    "GET",
    "/oauth2/@me",
  ),
  /** Gives an access token for a code or a refresh token, or for the application itself. */
  requestToken: send<[], TokenRequest, Api.RESTPostOAuth2AccessTokenResult>("POST", "/oauth2/token", {
    authenticate: false,
    bodyFormat: "form",
  }),
  /** Makes a token invalid, and all others of its authorization. */
  revokeToken: send<
    [],
    Api.RESTPostOAuth2TokenRevocationQuery & Api.RESTOAuth2TokenOptionalClientCredentials,
    Readonly<Record<string, never>>
  >("POST", "/oauth2/token/revoke", { authenticate: false, bodyFormat: "form" }),
};

/** Where to connect, and where voice is served. */
export const gatewayRoutes = {
  /** Gives the gateway's address; needs no token. */
  get: call<[], Api.RESTGetAPIGatewayResult>("GET", "/gateway", { authenticate: false }),
  /** Gives the gateway's address, how many shards Discord recommends, and how many sessions may still be started. */
  getBot: call<[], Api.RESTGetAPIGatewayBotResult>("GET", "/gateway/bot"),
  /** Lists the voice regions. */
  listVoiceRegions: call<[], Api.RESTGetAPIVoiceRegionsResult>("GET", "/voice/regions"),
};
