import type { RestTransport, Snowflake } from "@antiphon/protocol/discord";
import type { APIMessage } from "discord-api-types/v10";
import { messageBody, messageFiles, type MessageInput } from "./message-body.ts";
import { checkId } from "./option-error.ts";
import type { WaitOptions } from "./wait-options.ts";

/** Messages outside of interactions; nobody is pinged unless `allowedMentions` says so. */
export interface Messages {
  /** Sends a message. @throws {@link CoreError} `CORE_BUILDER_INVALID`, `CORE_OPTION_INVALID` for an id that is none; what HTTP throws */
  send(channelId: Snowflake, message: MessageInput, options?: WaitOptions): Promise<APIMessage>;
  /** Changes one of the bot's own messages. @throws {@link CoreError} `CORE_BUILDER_INVALID`, `CORE_OPTION_INVALID` for an id that is none; what HTTP throws */
  edit(channelId: Snowflake, messageId: Snowflake, message: MessageInput, options?: WaitOptions): Promise<APIMessage>;
  /** Deletes a message. @throws {@link CoreError} `CORE_OPTION_INVALID` for an id that is none; what HTTP throws */
  delete(channelId: Snowflake, messageId: Snowflake, options?: WaitOptions): Promise<void>;
}

function pathOf(operation: string, channelId: Snowflake, messageId?: Snowflake): string {
  const path = `/channels/${checkId(`messages.${operation}`, "channelId", channelId)}/messages`;
  return messageId === undefined ? path : `${path}/${checkId(`messages.${operation}`, "messageId", messageId)}`;
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
    send: async (channelId, message, { signal } = {}) => request("POST", pathOf("send", channelId), message, signal),
    edit: async (channelId, messageId, message, { signal } = {}) =>
      request("PATCH", pathOf("edit", channelId, messageId), message, signal),
    delete: async (channelId, messageId, { signal } = {}) =>
      rest.request<void>("DELETE", pathOf("delete", channelId, messageId), { signal }),
  };
}
