import { nested, nestedList, type RecordSchema } from "./record-codec.ts";
import { boolean, id, ids, image, integer, json, text, time } from "./record-field.ts";

const user: RecordSchema = {
  username: text,
  global_name: text,
  avatar: image,
  discriminator: text,
  public_flags: integer,
  flags: integer,
  bot: boolean,
  system: boolean,
  banner: image,
  accent_color: integer,
  avatar_decoration_data: json,
  collectibles: json,
  display_name_styles: json,
  primary_guild: json,
  clan: json,
};

const userWithId: RecordSchema = { id, ...user };

const member: RecordSchema = {
  roles: ids,
  nick: text,
  joined_at: time,
  premium_since: time,
  avatar: image,
  banner: image,
  flags: integer,
  mute: boolean,
  deaf: boolean,
  pending: boolean,
  communication_disabled_until: time,
  user: nested(userWithId),
};

const message: RecordSchema = {
  author: nested(userWithId),
  content: text,
  timestamp: time,
  edited_timestamp: time,
  type: integer,
  flags: integer,
  tts: boolean,
  pinned: boolean,
  mention_everyone: boolean,
  mentions: json,
  mention_roles: ids,
  attachments: json,
  embeds: json,
  components: json,
  nonce: text,
  webhook_id: id,
  application_id: id,
  guild_id: id,
  channel_type: integer,
  position: integer,
  member: nested(member),
};

// Permissions are whole numbers in text, as ids are.
const channel: RecordSchema = {
  type: integer,
  name: text,
  topic: text,
  position: integer,
  nsfw: boolean,
  parent_id: id,
  last_message_id: id,
  last_pin_timestamp: time,
  rate_limit_per_user: integer,
  permission_overwrites: nestedList({ id, type: integer, allow: id, deny: id }),
  bitrate: integer,
  user_limit: integer,
  rtc_region: text,
  flags: integer,
  icon_emoji: json,
  theme_color: integer,
  version: integer,
};

const role: RecordSchema = {
  name: text,
  permissions: id,
  color: integer,
  position: integer,
  hoist: boolean,
  managed: boolean,
  mentionable: boolean,
  icon: image,
  unicode_emoji: text,
  flags: integer,
  colors: nested({ primary_color: integer, secondary_color: integer, tertiary_color: integer }),
  description: text,
};

/** The usual fields of what can be packed; its own id and that of its parent are not among them, because their places tell them. */
export const recordSchemas = {
  users: user,
  members: member,
  messages: message,
  channels: channel,
  roles: role,
} as const;

/** The kinds that can be packed. */
export type PackableKind = keyof typeof recordSchemas;
