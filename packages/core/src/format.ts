import type { Snowflake } from "@antiphon/protocol/discord";

/** How a timestamp is shown: short or long time, short or long date, with or without the time, or relative to now. */
export type TimestampStyle = "t" | "T" | "d" | "D" | "f" | "F" | "s" | "S" | "R";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Escapes everything that Discord's Markdown would take as markup, so that a text shows as it is. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\*_~`|[\]<]/g, String.raw`\$&`)
    .replaceAll(/^(\s*)([#>+-])/gm, String.raw`$1\$2`)
    .replaceAll(/^(\s*\d+)\./gm, String.raw`$1\.`)
    .replaceAll("://", String.raw`:\//`);
}

/** Breaks mentions in a text with an invisible character, so that they neither ping nor look like mentions. */
export function escapeMentions(text: string): string {
  return text.replaceAll(/@(everyone|here|[!&]?\d{1,20})/g, "@\u200B$1").replaceAll(/<(#|id:)/g, "<\u200B$1");
}

/** Mentions a user. */
export function userMention(userId: Snowflake): string {
  return `<@${userId}>`;
}

/** Mentions a channel. */
export function channelMention(channelId: Snowflake): string {
  return `<#${channelId}>`;
}

/** Mentions a role. */
export function roleMention(roleId: Snowflake): string {
  return `<@&${roleId}>`;
}

/** A moment (milliseconds since the Unix epoch, or a Date) that each reader sees in their own time zone. */
export function timestamp(moment: number | Date, style?: TimestampStyle): string {
  const seconds = Math.floor((typeof moment === "number" ? moment : moment.getTime()) / 1000);
  return style === undefined ? `<t:${seconds}>` : `<t:${seconds}:${style}>`;
}

/**
 * Cuts a text to at most `maximumLength` UTF-16 units (as Discord counts) including the ellipsis, never inside a character as people
 * see it: emoji families and combining marks stay whole.
 */
export function truncate(text: string, maximumLength: number, ellipsis = "…"): string {
  if (text.length <= maximumLength) return text;
  const room = maximumLength - ellipsis.length;
  if (room < 0) return "";
  let end = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    if (index + segment.length > room) break;
    end = index + segment.length;
  }
  return text.slice(0, end).trimEnd() + ellipsis;
}
