import type { RestTransport, Snowflake } from "@antiphon/protocol/discord";
import type { APIMessage } from "discord-api-types/v10";
import { messageBody, messageFiles, type MessageInput } from "./message-body.ts";
import type { WaitOptions } from "./wait-options.ts";

/** Messages outside of interactions; nobody is pinged unless `allowedMentions` says so. */
export interface Messages {
  /** Sends a message. @throws {@link CoreError} `CORE_BUILDER_INVALID`; what HTTP throws */
  send(channelId: Snowflake, message: MessageInput, options?: WaitOptions): Promise<APIMessage>;
  /** Changes one of the bot's own messages. @throws {@link CoreError} `CORE_BUILDER_INVALID`; what HTTP throws */
  edit(channelId: Snowflake, messageId: Snowflake, message: MessageInput, options?: WaitOptions): Promise<APIMessage>;
  /** Deletes a message. */
  delete(channelId: Snowflake, messageId: Snowflake, options?: WaitOptions): Promise<void>;
}

/** Builds {@link Messages} over a transport. */
export function createMessages(rest: RestTransport): Messages {
  const request = (method: "POST" | "PATCH", path: string, message: MessageInput, signal: AbortSignal | undefined) => {
    return rest.request<APIMessage>(method, path, {
      body: messageBody(message),
      ...messageFiles(message),
      signal,
    });
  };
  return {
    send: async (channelId, message, { signal } = {}) =>
      request("POST", `/channels/${channelId}/messages`, message, signal),
    edit: async (channelId, messageId, message, { signal } = {}) =>
      request("PATCH", `/channels/${channelId}/messages/${messageId}`, message, signal),
    delete: (channelId, messageId, { signal } = {}) =>
      rest.request<void>("DELETE", `/channels/${channelId}/messages/${messageId}`, { signal }),
  };
}
