import type { RESTPostAPIChannelMessageJSONBody } from "discord-api-types/v10";
import { messageBody, type MessageFields } from "../message-body.ts";
import { check } from "./check.ts";

/**
 * A new message as the API's JSON; its files are listed, and go beside it as multipart.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID` when a limit is passed or the message is empty; `details.path` names the field
 */
export function message(fields: MessageFields): RESTPostAPIChannelMessageJSONBody {
  const { content = "", embeds = [], components = [], files = [], poll, stickerIds = [] } = fields;
  const parts = [content, embeds, components, files, stickerIds];
  check("message", poll !== undefined || parts.some(({ length }) => length > 0), "is empty");
  return messageBody(fields);
}
