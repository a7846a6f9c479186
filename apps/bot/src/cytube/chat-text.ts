import { escapeMarkdown } from "@antiphon/core";
import type { APIMessage } from "discord-api-types/v10";
import { decodeHTML } from "entities";

/** CyTube cuts longer messages. */
const MAXIMUM_CYTUBE_LENGTH = 320;
const MAXIMUM_NAME_LENGTH = 32;

/** The text of a chat message as CyTube sends it, which is HTML. Pictures become their titles: an emote's title is its name. */
export function textOfCytubeHtml(html: string): string {
  const withEmotes = html.replaceAll(/<img\b[^>]*?\btitle="([^"]*)"[^>]*>/giu, "$1");
  return decodeHTML(withEmotes.replaceAll(/<[^<>]*>/gu, ""))
    .replaceAll(/\s+/gu, " ")
    .trim();
}

/** A line of CyTube's chat for Discord, where it can neither mention anybody nor mean markup. */
export function discordLine(username: string, html: string): string {
  return `**${escapeMarkdown(username.slice(0, MAXIMUM_NAME_LENGTH))}**: ${escapeMarkdown(textOfCytubeHtml(html))}`;
}

type Speech = Pick<APIMessage, "author" | "content" | "mentions" | "attachments">;

/** Discord's names for people, channels and emojis in a message, as people read them. */
function withNames({ content, mentions }: Speech): string {
  const names = new Map(mentions.map(({ id, global_name, username }) => [id, global_name ?? username]));
  return content
    .replaceAll(/<@!?(\d+)>/gu, (_, id: string) => `@${names.get(id) ?? "someone"}`)
    .replaceAll(/<@&\d+>/gu, "@role")
    .replaceAll(/<#\d+>/gu, "#channel")
    .replaceAll(/<a?(:\w+:)\d+>/gu, "$1");
}

/**
 * A message of Discord's for CyTube's chat, on one line and cut to its length; empty when there is nothing to say. The name in front also
 * keeps a message that begins with `/` from being a command there.
 */
export function cytubeLine(message: Speech): string {
  const { global_name, username } = message.author;
  const files = message.attachments.map(({ url }) => url);
  const text = [withNames(message), ...files].join(" ").replaceAll(/\s+/gu, " ").trim();
  if (text === "") return "";
  const name = (global_name ?? username).replaceAll(/\s+/gu, " ").slice(0, MAXIMUM_NAME_LENGTH);
  return `${name}: ${text}`.slice(0, MAXIMUM_CYTUBE_LENGTH);
}
