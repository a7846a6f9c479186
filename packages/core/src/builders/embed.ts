import type { APIEmbed } from "discord-api-types/v10";
import { check, checkColor, checkLength, checkLimit, checkUrl } from "./check.ts";

/** One field of an embed. */
export interface EmbedField {
  /** 1 to 256 characters. */
  readonly name: string;
  /** 1 to 1,024 characters. */
  readonly value: string;
  /** Whether it stands beside its neighbours. Defaults to false. */
  readonly inline?: boolean | undefined;
}

/** What an embed consists of; together its texts have at most 6,000 characters. */
export interface EmbedFields {
  /** At most 256 characters. */
  readonly title?: string | undefined;
  /** At most 4,096 characters. */
  readonly description?: string | undefined;
  /** Where the title leads, http or https. */
  readonly url?: string | undefined;
  /** The stripe's colour, 0x000000 to 0xffffff. */
  readonly color?: number | undefined;
  /** A moment, as a Date or in milliseconds since the Unix epoch. */
  readonly timestamp?: Date | number | undefined;
  /** http, https or attachment. */
  readonly imageUrl?: string | undefined;
  /** http, https or attachment. */
  readonly thumbnailUrl?: string | undefined;
  /** The name has at most 256 characters. */
  readonly author?:
    | { readonly name: string; readonly url?: string | undefined; readonly iconUrl?: string | undefined }
    | undefined;
  /** The text has at most 2,048 characters. */
  readonly footer?: { readonly text: string; readonly iconUrl?: string | undefined } | undefined;
  /** At most 25. */
  readonly fields?: readonly EmbedField[] | undefined;
}

const WEB = ["http", "https"];
const MEDIA = [...WEB, "attachment"];

function checkTexts({ title, description, author, footer, fields = [] }: EmbedFields): void {
  if (title !== undefined) checkLength("embed.title", title, 1, 256);
  if (description !== undefined) checkLength("embed.description", description, 1, 4096);
  if (author !== undefined) checkLength("embed.author.name", author.name, 1, 256);
  if (footer !== undefined) checkLength("embed.footer.text", footer.text, 1, 2048);
  checkLimit("embed.fields", fields.length, 0, 25);
  for (const [index, { name, value }] of fields.entries()) {
    checkLength(`embed.fields[${index}].name`, name, 1, 256);
    checkLength(`embed.fields[${index}].value`, value, 1, 1024);
  }
  const texts = [title, description, author?.name, footer?.text, ...fields.flatMap(({ name, value }) => [name, value])];
  const total = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  check("embed", total <= 6000, `has ${total} characters in all; at most 6000 are allowed`);
}

function checkUrls(fields: EmbedFields): void {
  const urls: readonly (readonly [string, string | undefined, readonly string[]])[] = [
    ["embed.url", fields.url, WEB],
    ["embed.imageUrl", fields.imageUrl, MEDIA],
    ["embed.thumbnailUrl", fields.thumbnailUrl, MEDIA],
    ["embed.author.url", fields.author?.url, WEB],
    ["embed.author.iconUrl", fields.author?.iconUrl, MEDIA],
    ["embed.footer.iconUrl", fields.footer?.iconUrl, MEDIA],
  ];
  for (const [path, url, schemes] of urls) if (url !== undefined) checkUrl(path, url, schemes);
}

/**
 * An embed as the API's JSON.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID` when a limit is passed; `details.path` names the field
 * @see [Discord Docs/Embed Limits]
 */
export function embed(fields: EmbedFields): APIEmbed {
  checkTexts(fields);
  checkUrls(fields);
  const { title, description, url, color, timestamp, imageUrl, thumbnailUrl, author, footer } = fields;
  if (color !== undefined) checkColor("embed.color", color);
  const moment = timestamp === undefined ? undefined : new Date(timestamp);
  check("embed.timestamp", !Number.isNaN(moment?.getTime()), "is no moment in time");
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(url !== undefined && { url }),
    ...(color !== undefined && { color }),
    ...(moment !== undefined && { timestamp: moment.toISOString() }),
    ...(imageUrl !== undefined && { image: { url: imageUrl } }),
    ...(thumbnailUrl !== undefined && { thumbnail: { url: thumbnailUrl } }),
    ...(author !== undefined && {
      author: withIcon({ name: author.name, ...(author.url !== undefined && { url: author.url }) }, author.iconUrl),
    }),
    ...(footer !== undefined && { footer: withIcon({ text: footer.text }, footer.iconUrl) }),
    ...(fields.fields !== undefined && {
      fields: fields.fields.map(({ name, value, inline = false }) => ({ name, value, inline })),
    }),
  };
}

function withIcon<Part extends object>(part: Part, iconUrl: string | undefined): Part & { icon_url?: string } {
  return iconUrl === undefined ? part : { ...part, icon_url: iconUrl };
}
