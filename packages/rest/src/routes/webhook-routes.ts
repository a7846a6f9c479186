import type { Snowflake } from "@antiphon/protocol/discord";
import type * as Api from "discord-api-types/v10";
import { call, send, type FileOptions, type QueryOptions, type ReasonOptions } from "./endpoint.ts";

type OfWebhook = [webhookId: Snowflake];
type WithToken = [webhookId: Snowflake, webhookToken: string];
type OfWebhookMessage = [webhookId: Snowflake, webhookToken: string, messageId: Snowflake];
type OfResponse = [applicationId: Snowflake, interactionToken: string];
type OfFollowup = [applicationId: Snowflake, interactionToken: string, messageId: Snowflake];
type ToInteraction = [interactionId: Snowflake, interactionToken: string];

type ExecuteOptions = FileOptions & QueryOptions<Omit<Api.RESTPostAPIWebhookWithTokenQuery, "wait">>;
type PlatformOptions = QueryOptions<Omit<Api.RESTPostAPIWebhookWithTokenSlackQuery, "wait">>;

/** The path carries a token of its own, so that none is sent beside it. */
const withOwnToken = { authenticate: false } as const;
const waiting = { authenticate: false, query: { wait: true } } as const;

/** Webhooks, and what they write. */
export const webhookRoutes = {
  /** Gives a webhook. */
  get: call<OfWebhook, Api.RESTGetAPIWebhookResult>("GET", "/webhooks/{webhookId}"),
  /** Changes a webhook. */
  edit: send<OfWebhook, Api.RESTPatchAPIWebhookJSONBody, Api.RESTPatchAPIWebhookResult, ReasonOptions>(
    "PATCH",
    "/webhooks/{webhookId}",
  ),
  /** Deletes a webhook. */
  delete: call<OfWebhook, Api.RESTDeleteAPIWebhookResult, ReasonOptions>("DELETE", "/webhooks/{webhookId}"),
  /** Gives a webhook by its token. */
  getWithToken: call<WithToken, Api.RESTGetAPIWebhookWithTokenResult>(
    "GET",
    "/webhooks/{webhookId}/<webhookToken>",
    withOwnToken,
  ),
  /** Changes a webhook by its token. */
  editWithToken: send<
    WithToken,
    Api.RESTPatchAPIWebhookWithTokenJSONBody,
    Api.RESTPatchAPIWebhookWithTokenResult,
    ReasonOptions
  >("PATCH", "/webhooks/{webhookId}/<webhookToken>", withOwnToken),
  /** Deletes a webhook by its token. */
  deleteWithToken: call<WithToken, Api.RESTDeleteAPIWebhookWithTokenResult, ReasonOptions>(
    "DELETE",
    "/webhooks/{webhookId}/<webhookToken>",
    withOwnToken,
  ),
  /** Writes a message without waiting for it. */
  execute: send<
    WithToken,
    Api.RESTPostAPIWebhookWithTokenJSONBody,
    Api.RESTPostAPIWebhookWithTokenResult,
    ExecuteOptions
  >("POST", "/webhooks/{webhookId}/<webhookToken>", withOwnToken),
  /** Writes a message and gives it. */
  executeAndWait: send<
    WithToken,
    Api.RESTPostAPIWebhookWithTokenJSONBody,
    Api.RESTPostAPIWebhookWithTokenWaitResult,
    ExecuteOptions
  >("POST", "/webhooks/{webhookId}/<webhookToken>", waiting),
  /** Writes a message given as Slack has it; Discord answers with the text `ok`. */
  executeSlack: send<WithToken, unknown, ArrayBuffer, PlatformOptions>(
    "POST",
    "/webhooks/{webhookId}/<webhookToken>/slack",
    { authenticate: false, responseFormat: "bytes" },
  ),
  /** Writes a message about an event of GitHub's. */
  executeGitHub: send<WithToken, unknown, Api.RESTPostAPIWebhookWithTokenGitHubResult, PlatformOptions>(
    "POST",
    "/webhooks/{webhookId}/<webhookToken>/github",
    withOwnToken,
  ),
  /** Gives a message of the webhook's. */
  getMessage: call<
    OfWebhookMessage,
    Api.RESTGetAPIWebhookWithTokenMessageResult,
    QueryOptions<Api.RESTGetAPIWebhookWithTokenMessageQuery>
  >("GET", "/webhooks/{webhookId}/<webhookToken>/messages/{messageId}", withOwnToken),
  /** Changes a message of the webhook's. */
  editMessage: send<
    OfWebhookMessage,
    Api.RESTPatchAPIWebhookWithTokenMessageJSONBody,
    Api.RESTPatchAPIWebhookWithTokenMessageResult,
    FileOptions & QueryOptions<Api.RESTPatchAPIWebhookWithTokenMessageQuery>
  >("PATCH", "/webhooks/{webhookId}/<webhookToken>/messages/{messageId}", withOwnToken),
  /** Deletes a message of the webhook's. */
  deleteMessage: call<
    OfWebhookMessage,
    Api.RESTDeleteAPIWebhookWithTokenMessageResult,
    QueryOptions<Api.RESTDeleteAPIWebhookWithTokenMessageQuery>
  >("DELETE", "/webhooks/{webhookId}/<webhookToken>/messages/{messageId}", withOwnToken),
};

/** Answers to interactions; their tokens are good for 15 minutes. */
export const interactionRoutes = {
  /** Answers an interaction, within 3 seconds. */
  reply: send<
    ToInteraction,
    Api.RESTPostAPIInteractionCallbackJSONBody,
    Api.RESTPostAPIInteractionCallbackResult,
    FileOptions
  >("POST", "/interactions/{interactionId}/<interactionToken>/callback", withOwnToken),
  /** Answers an interaction, within 3 seconds, and gives what came of it. */
  replyAndWait: send<
    ToInteraction,
    Api.RESTPostAPIInteractionCallbackJSONBody,
    Api.RESTPostAPIInteractionCallbackWithResponseResult,
    FileOptions
  >("POST", "/interactions/{interactionId}/<interactionToken>/callback", {
    authenticate: false,
    query: { with_response: true },
  }),
  /** Gives the first answer. */
  getReply: call<OfResponse, Api.RESTGetAPIInteractionOriginalResponseResult>(
    "GET",
    "/webhooks/{applicationId}/<interactionToken>/messages/@original",
    withOwnToken,
  ),
  /** Changes the first answer. */
  editReply: send<
    OfResponse,
    Api.RESTPatchAPIInteractionOriginalResponseJSONBody,
    Api.RESTPatchAPIInteractionOriginalResponseResult,
    FileOptions
  >("PATCH", "/webhooks/{applicationId}/<interactionToken>/messages/@original", withOwnToken),
  /** Deletes the first answer. */
  deleteReply: call<OfResponse, Api.RESTDeleteAPIInteractionOriginalResponseResult>(
    "DELETE",
    "/webhooks/{applicationId}/<interactionToken>/messages/@original",
    withOwnToken,
  ),
  /** Sends a further answer. */
  followUp: send<
    OfResponse,
    Api.RESTPostAPIInteractionFollowupJSONBody,
    Api.RESTPostAPIInteractionFollowupResult,
    FileOptions
  >("POST", "/webhooks/{applicationId}/<interactionToken>", withOwnToken),
  /** Gives a further answer. */
  getFollowUp: call<OfFollowup, Api.RESTGetAPIInteractionFollowupResult>(
    "GET",
    "/webhooks/{applicationId}/<interactionToken>/messages/{messageId}",
    withOwnToken,
  ),
  /** Changes a further answer. */
  editFollowUp: send<
    OfFollowup,
    Api.RESTPatchAPIInteractionFollowupJSONBody,
    Api.RESTPatchAPIInteractionFollowupResult,
    FileOptions
  >("PATCH", "/webhooks/{applicationId}/<interactionToken>/messages/{messageId}", withOwnToken),
  /** Deletes a further answer. */
  deleteFollowUp: call<OfFollowup, Api.RESTDeleteAPIInteractionFollowupResult>(
    "DELETE",
    "/webhooks/{applicationId}/<interactionToken>/messages/{messageId}",
    withOwnToken,
  ),
};
