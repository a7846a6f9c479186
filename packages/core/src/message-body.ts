import type { RestFile, RestRequestOptions } from "@antiphon/protocol/discord";
import {
  MessageFlags,
  type APIAllowedMentions,
  type APIEmbed,
  type APIMessageTopLevelComponent,
  type RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";
import { checkLength, checkLimit } from "./builders/check.ts";

/** What a message consists of. */
export interface MessageFields {
  /** The text, at most 2,000 characters. */
  readonly content?: string | undefined;
  /** At most 10. */
  readonly embeds?: readonly APIEmbed[] | undefined;
  /** Rows of buttons and selects, or components of the second version. */
  readonly components?: readonly APIMessageTopLevelComponent[] | undefined;
  /** Uploaded along with the message. */
  readonly files?: readonly RestFile[] | undefined;
  /** Who may be pinged. Defaults to nobody, so that a track's title or a user's text never pings. */
  readonly allowedMentions?: APIAllowedMentions | undefined;
  /** Further message flags, as bits. */
  readonly flags?: MessageFlags | undefined;
}

/** A message as its fields, or just its text. */
export type MessageInput = string | MessageFields;

/** The files of a message, as an option of the request. */
export function messageFiles(input: MessageInput): Pick<RestRequestOptions, "files"> {
  return typeof input === "string" || input.files === undefined ? {} : { files: input.files };
}

/**
 * The JSON body of a message.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID` when a limit is passed; `details.path` names the field
 */
export function messageBody(
  input: string | (MessageFields & { readonly ephemeral?: boolean | undefined }),
): RESTPostAPIChannelMessageJSONBody {
  const fields = typeof input === "string" ? { content: input } : input;
  const { content, embeds, components, allowedMentions, files } = fields;
  if (content !== undefined) checkLength("message.content", content, 0, 2000);
  if (embeds !== undefined) checkLimit("message.embeds", embeds.length, 0, 10);
  const flags = (fields.flags ?? 0) | (fields.ephemeral === true ? MessageFlags.Ephemeral : 0);
  return {
    ...(content !== undefined && { content }),
    ...(embeds !== undefined && { embeds: [...embeds] }),
    ...(components !== undefined && { components: [...components] }),
    ...(files !== undefined && { attachments: files.map((file, id) => ({ id, filename: file.name })) }),
    ...(flags !== 0 && { flags }),
    allowed_mentions: allowedMentions ?? { parse: [] },
  };
}
