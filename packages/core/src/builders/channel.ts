import type { Snowflake } from "@antiphon/protocol/discord";
import { ChannelType, OverwriteType, type RESTPostAPIGuildChannelJSONBody } from "discord-api-types/v10";
import { resolvePermissions, type PermissionsInput } from "../permissions.ts";
import { check, checkLength, checkLimit, checkRange } from "./check.ts";

const channelTypes = {
  text: ChannelType.GuildText,
  voice: ChannelType.GuildVoice,
  category: ChannelType.GuildCategory,
  announcement: ChannelType.GuildAnnouncement,
  stage: ChannelType.GuildStageVoice,
  forum: ChannelType.GuildForum,
  media: ChannelType.GuildMedia,
} as const;

/** The type of a guild's channel. */
export type ChannelTypeName = keyof typeof channelTypes;

/** What a role or a member may do in a channel, apart from their roles. */
export interface OverwriteFields {
  readonly type: "role" | "member";
  readonly id: Snowflake;
  readonly allow?: PermissionsInput | undefined;
  readonly deny?: PermissionsInput | undefined;
}

/** A guild's channel to create. */
export interface ChannelFields {
  /** 1 to 100 characters. */
  readonly name: string;
  /** Defaults to `text`. */
  readonly type?: ChannelTypeName | undefined;
  /** At most 1,024 characters, 4,096 for `forum` and `media`. */
  readonly topic?: string | undefined;
  /** Whether it is age-restricted. Defaults to false. */
  readonly nsfw?: boolean | undefined;
  /** Slow mode, 0 to 21,600 seconds. */
  readonly rateLimitPerUserSeconds?: number | undefined;
  /** The category that it stands in. */
  readonly parentId?: Snowflake | undefined;
  /** Its place among its neighbours. */
  readonly position?: number | undefined;
  /** For `voice` and `stage`: 8,000 to 384,000, less in guilds without boosts. */
  readonly bitsPerSecond?: number | undefined;
  /** How many may be in it: 0 to 99 for `voice`, 0 to 10,000 for `stage`; 0 is unlimited. */
  readonly userLimit?: number | undefined;
  /** After how long without messages its threads are archived. */
  readonly defaultAutoArchiveMinutes?: 60 | 1440 | 4320 | 10080 | undefined;
  /** Exceptions to what roles and members may do. */
  readonly permissionOverwrites?: readonly OverwriteFields[] | undefined;
}

/** Fields that exist only for some types; the others exist for all. @see [Discord Docs/Create Guild Channel] */
const typesOfField: Readonly<Partial<Record<keyof ChannelFields, readonly ChannelTypeName[]>>> = {
  topic: ["text", "announcement", "forum", "media"],
  nsfw: ["text", "voice", "announcement", "stage", "forum"],
  rateLimitPerUserSeconds: ["text", "voice", "stage", "forum", "media"],
  parentId: ["text", "voice", "announcement", "stage", "forum", "media"],
  bitsPerSecond: ["voice", "stage"],
  userLimit: ["voice", "stage"],
  defaultAutoArchiveMinutes: ["text", "announcement", "forum", "media"],
};

function checkFields(fields: ChannelFields, type: ChannelTypeName): void {
  const { name, topic, rateLimitPerUserSeconds, position, bitsPerSecond, userLimit } = fields;
  for (const [field, types] of Object.entries(typesOfField)) {
    const given = fields[field as keyof ChannelFields] !== undefined;
    check(`channel.${field}`, !given || types.includes(type), `does not exist for channels of the type ${type}`);
  }
  checkLength("channel.name", name, 1, 100);
  if (topic !== undefined) checkLength("channel.topic", topic, 0, type === "forum" || type === "media" ? 4096 : 1024);
  if (rateLimitPerUserSeconds !== undefined)
    checkRange("channel.rateLimitPerUserSeconds", rateLimitPerUserSeconds, 0, 21_600);
  if (position !== undefined) checkRange("channel.position", position, 0, 2 ** 31 - 1);
  if (bitsPerSecond !== undefined) checkRange("channel.bitsPerSecond", bitsPerSecond, 8_000, 384_000);
  if (userLimit !== undefined) checkRange("channel.userLimit", userLimit, 0, type === "stage" ? 10_000 : 99);
  checkLimit("channel.permissionOverwrites", fields.permissionOverwrites?.length ?? 0, 0, 1000);
}

function overwriteBody({ type, id, allow = [], deny = [] }: OverwriteFields) {
  return {
    id,
    type: type === "role" ? OverwriteType.Role : OverwriteType.Member,
    allow: String(resolvePermissions(allow)),
    deny: String(resolvePermissions(deny)),
  };
}

/** A channel as the API's JSON. @throws {@link CoreError} `CORE_BUILDER_INVALID`, `CORE_UNKNOWN_PERMISSION` */
export function channel(fields: ChannelFields): RESTPostAPIGuildChannelJSONBody {
  const { name, type = "text", topic, nsfw, rateLimitPerUserSeconds, parentId, position } = fields;
  const { bitsPerSecond, userLimit, defaultAutoArchiveMinutes, permissionOverwrites } = fields;
  checkFields(fields, type);
  const body = {
    name,
    type: channelTypes[type],
    ...(topic !== undefined && { topic }),
    ...(nsfw !== undefined && { nsfw }),
    ...(rateLimitPerUserSeconds !== undefined && { rate_limit_per_user: rateLimitPerUserSeconds }),
    ...(parentId !== undefined && { parent_id: parentId }),
    ...(position !== undefined && { position }),
    ...(bitsPerSecond !== undefined && { bitrate: bitsPerSecond }),
    ...(userLimit !== undefined && { user_limit: userLimit }),
    ...(defaultAutoArchiveMinutes !== undefined && { default_auto_archive_duration: defaultAutoArchiveMinutes }),
    ...(permissionOverwrites !== undefined && { permission_overwrites: permissionOverwrites.map(overwriteBody) }),
  };
  return body;
}
