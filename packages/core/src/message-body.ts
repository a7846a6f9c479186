import type { RestFile, RestRequestOptions, Snowflake } from "@antiphon/protocol/discord";
import {
  MessageFlags,
  MessageReferenceType,
  type APIAllowedMentions,
  type APIEmbed,
  type APIMessageTopLevelComponent,
  type RESTAPIPoll,
  type RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";
import { check, checkLength, checkLimit } from "./builders/check.ts";
import { checkMessageComponents, usesComponentsV2 } from "./builders/message-components.ts";

/** What a message consists of. */
export interface MessageFields {
  /** The text, at most 2,000 characters. */
  readonly content?: string | undefined;
  /** At most 10, with 6,000 characters in all. */
  readonly embeds?: readonly APIEmbed[] | undefined;
  /** Rows of buttons and selects, or components of the second version, which take the place of content, embeds and polls. */
  readonly components?: readonly APIMessageTopLevelComponent[] | undefined;
  /** Uploaded along with the message; at most 10. */
  readonly files?: readonly RestFile[] | undefined;
  /** Only in a new message; see {@link poll}. */
  readonly poll?: RESTAPIPoll | undefined;
  /** Whether it is read aloud; only in a new message. Defaults to false. */
  readonly tts?: boolean | undefined;
  /** The message that this one replies to; only in a new message that is no answer to an interaction. */
  readonly replyTo?: Snowflake | undefined;
  /** Ids of at most 3 stickers; only in a new message that is no answer to an interaction. */
  readonly stickerIds?: readonly Snowflake[] | undefined;
  /** Who may be pinged. Defaults to nobody, so that a track's title or a user's text never pings. */
  readonly allowedMentions?: APIAllowedMentions | undefined;
  /** Further message flags, as bits; that of the second version of components is set by itself. */
  readonly flags?: MessageFlags | undefined;
}

/** A message as its fields, or just its text. */
export type MessageInput = string | MessageFields;

/** The files of a message, as an option of the request. */
export function messageFiles(input: MessageInput): Pick<RestRequestOptions, "files"> {
  return typeof input === "string" || input.files === undefined ? {} : { files: input.files };
}

/** The texts of an embed, which all embeds of a message count together. */
function embedLength({ title, description, author, footer, fields = [] }: APIEmbed): number {
  const texts = [title, description, author?.name, footer?.text, ...fields.flatMap(({ name, value }) => [name, value])];
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}

function checkFields(fields: MessageFields, isV2: boolean): void {
  const { content, embeds = [], components = [], files = [], poll, stickerIds = [] } = fields;
  if (content !== undefined) checkLength("message.content", content, 0, 2000);
  checkLimit("message.embeds", embeds.length, 0, 10);
  const total = embeds.reduce((sum, embed) => sum + embedLength(embed), 0);
  check("message.embeds", total <= 6000, `has ${total} characters in all; at most 6000 are allowed`);
  checkLimit("message.files", files.length, 0, 10);
  checkLimit("message.stickerIds", stickerIds.length, 0, 3);
  checkMessageComponents(components, isV2);
  if (!isV2) return;
  const problem = "goes not together with components of the second version";
  check("message.content", content === undefined || content === "", problem);
  check("message.embeds", embeds.length === 0, problem);
  check("message.poll", poll === undefined, problem);
  check("message.stickerIds", stickerIds.length === 0, problem);
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
  const { content, embeds, components, allowedMentions, files, poll, tts, replyTo, stickerIds } = fields;
  const isV2 = usesComponentsV2(components ?? []) || ((fields.flags ?? 0) & MessageFlags.IsComponentsV2) !== 0;
  checkFields(fields, isV2);
  const flags =
    (fields.flags ?? 0) |
    (fields.ephemeral === true ? MessageFlags.Ephemeral : 0) |
    (isV2 ? MessageFlags.IsComponentsV2 : 0);
  return {
    ...(content !== undefined && { content }),
    ...(embeds !== undefined && { embeds: [...embeds] }),
    ...(components !== undefined && { components: [...components] }),
    ...(files !== undefined && { attachments: files.map((file, id) => ({ id, filename: file.name })) }),
    ...(poll !== undefined && { poll }),
    ...(tts !== undefined && { tts }),
    ...(replyTo !== undefined && { message_reference: { type: MessageReferenceType.Default, message_id: replyTo } }),
    ...(stickerIds !== undefined && { sticker_ids: [...stickerIds] as [Snowflake] }),
    ...(flags !== 0 && { flags }),
    allowed_mentions: allowedMentions ?? { parse: [] },
  };
}
