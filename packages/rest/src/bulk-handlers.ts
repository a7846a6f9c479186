import { isSnowflake, snowflakeTimestampMs } from "@antiphon/protocol/discord";
import { systemClock, type Clock } from "@antiphon/std";
import type { BatchedRequest, BatchHandler } from "./batched-request.ts";
import { RestError } from "./rest-error.ts";

/** Discord refuses to delete older messages in bulk; the hour is for requests that wait. */
const OLDEST_BULK_MS = 14 * 24 * 60 * 60 * 1_000 - 60 * 60 * 1_000;
const BULK_DELETE_MAXIMUM = 100;
const BULK_BAN_MAXIMUM = 200;

const keyOf = (...parts: readonly unknown[]) => JSON.stringify(parts);

/** A single one is sent as it is. */
async function sendAlone(request: BatchedRequest, transport: Parameters<BatchHandler["process"]>[1]): Promise<void> {
  request.resolve(await transport.request(request.method, request.path, request.options));
}

/**
 * Deletions of a channel's messages as one bulk deletion, for messages younger than two weeks.
 *
 * @see [Discord Docs/Message, "Bulk Delete Messages"]
 */
export function createBulkDeleteHandler({ clock = systemClock }: { readonly clock?: Clock } = {}): BatchHandler {
  return {
    method: "DELETE",
    pattern: "/channels/:channelId/messages/:messageId",
    maximumBatchSize: BULK_DELETE_MAXIMUM,
    accepts: ({ parameters: { messageId = "" } }) =>
      isSnowflake(messageId) && clock.now() - snowflakeTimestampMs(messageId) < OLDEST_BULK_MS,
    groupBy: ({ parameters: { channelId }, options }) => keyOf(channelId, options.reason),
    async process(requests, transport) {
      const [first] = requests as readonly [BatchedRequest];
      const messages = [...new Set(requests.map(({ parameters }) => parameters["messageId"] as string))];
      if (messages.length === 1) {
        // Twice the same message: the second would find nothing.
        await sendAlone(first, transport);
      } else {
        const { channelId = "" } = first.parameters;
        await transport.request("POST", `/channels/${channelId}/messages/bulk-delete`, {
          body: { messages },
          ...(first.options.reason === undefined ? {} : { reason: first.options.reason }),
        });
      }
      for (const request of requests) request.resolve(undefined);
    },
  };
}

function seconds(request: BatchedRequest): unknown {
  const body = request.options.body as { readonly delete_message_seconds?: unknown } | null | undefined;
  return body?.delete_message_seconds ?? 0;
}

/**
 * Bans of a guild as one bulk ban; a member that could not be banned rejects with REST_HTTP_ERROR.
 *
 * @see [Discord Docs/Guild, "Bulk Guild Ban"]
 */
export function createBulkBanHandler(): BatchHandler {
  return {
    method: "PUT",
    pattern: "/guilds/:guildId/bans/:userId",
    maximumBatchSize: BULK_BAN_MAXIMUM,
    groupBy: (request) => keyOf(request.parameters["guildId"], request.options.reason, seconds(request)),
    async process(requests, transport) {
      const [first] = requests as readonly [BatchedRequest];
      const userIds = [...new Set(requests.map(({ parameters }) => parameters["userId"] as string))];
      if (userIds.length === 1) {
        await sendAlone(first, transport);
        for (const request of requests) request.resolve(undefined);
        return;
      }
      const path = `/guilds/${first.parameters["guildId"] ?? ""}/bulk-ban`;
      const answer = await transport.request<{ readonly banned_users?: readonly string[] }>("POST", path, {
        body: { user_ids: userIds, delete_message_seconds: seconds(first) },
        ...(first.options.reason === undefined ? {} : { reason: first.options.reason }),
      });
      const banned = new Set(answer.banned_users);
      for (const request of requests) {
        const { userId = "" } = request.parameters;
        const message = `POST ${path} did not ban user ${userId}: the bot may not, or he is banned already.`;
        if (banned.has(userId)) request.resolve(undefined);
        else
          request.reject(
            new RestError("REST_HTTP_ERROR", message, { details: { method: "POST", path, userId, status: 200 } }),
          );
      }
    },
  };
}
