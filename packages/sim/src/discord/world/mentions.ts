import { AllowedMentionsTypes, type APIAllowedMentions, type APIMessage, type APIUser } from "discord-api-types/v10";
import type { ChannelRecord, WorldState } from "./state.ts";

const ids = (content: string, pattern: RegExp): string[] => [
  ...new Set([...content.matchAll(pattern)].flatMap((match) => match[1] ?? [])),
];

/** Whom a message pings: what its text mentions, as far as `allowed_mentions` lets it, and the author it replies to. */
export function mentionsOf(
  state: WorldState,
  channel: ChannelRecord,
  content: string,
  allowed: APIAllowedMentions | undefined,
  repliedTo: APIUser | undefined,
): Pick<APIMessage, "mentions" | "mention_roles" | "mention_everyone"> {
  const allows = (kind: AllowedMentionsTypes, id: string, list: readonly string[] | undefined) =>
    allowed === undefined || allowed.parse?.includes(kind) === true || list?.includes(id) === true;
  const users = ids(content, /<@!?(\d+)>/g)
    .filter((id) => allows(AllowedMentionsTypes.User, id, allowed?.users))
    .flatMap((id) => state.users.get(id) ?? []);
  if (repliedTo !== undefined && (allowed?.replied_user ?? allowed === undefined) && !users.includes(repliedTo))
    users.push(repliedTo);
  const guild = channel.guildId === undefined ? undefined : state.guilds.get(channel.guildId);
  return {
    mentions: users,
    mention_roles: ids(content, /<@&(\d+)>/g).filter(
      (id) => guild?.roles.has(id) === true && allows(AllowedMentionsTypes.Role, id, allowed?.roles),
    ),
    mention_everyone: /@(everyone|here)\b/.test(content) && allows(AllowedMentionsTypes.Everyone, "", undefined),
  };
}
