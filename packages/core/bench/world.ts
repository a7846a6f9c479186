import { createSeededRandom } from "@antiphon/std";

/** How large a generated world is. */
export interface WorldSize {
  readonly guilds: number;
  readonly membersPerGuild: number;
  readonly channelsPerGuild: number;
  readonly rolesPerGuild: number;
}

const random = createSeededRandom(1);
const snowflake = (base: bigint, index: number) => String(base + BigInt(index) * 4_194_304n);
const word = () => random.integer(36 ** 4, 36 ** 7 - 1).toString(36);
const hex = (digits: number) => Array.from({ length: digits }, () => random.integer(0, 15).toString(16)).join("");
const moment = () =>
  new Date(random.integer(1_500_000_000_000, 1_780_000_000_000)).toISOString().replace("Z", "000+00:00");

const MEMBERS = 1_100_000_000_000_000_000n;
const GUILDS = 900_000_000_000_000_000n;
const CHANNELS = 1_000_000_000_000_000_000n;
const ROLES = 1_050_000_000_000_000_000n;
const MESSAGES = 1_400_000_000_000_000_000n;

function createUser(index: number) {
  return {
    id: snowflake(MEMBERS, index),
    username: word(),
    global_name: random.next() < 0.5 ? null : word(),
    avatar: random.next() < 0.25 ? null : hex(32),
    discriminator: "0",
    public_flags: random.next() < 0.1 ? 64 : 0,
    bot: false,
    avatar_decoration_data: null,
    collectibles: null,
    display_name_styles: null,
    primary_guild: null,
  };
}

function createMember(roles: readonly string[]) {
  return {
    roles: Array.from({ length: random.integer(0, 3) }, () => random.pick(roles)),
    nick: random.next() < 0.2 ? word() : null,
    joined_at: moment(),
    premium_since: null,
    avatar: null,
    banner: null,
    flags: 0,
    mute: false,
    deaf: false,
    pending: false,
    communication_disabled_until: null,
  };
}

/** The GUILD_CREATE payloads of a world, each as JSON; every member is a user of its own. */
export function* createGuilds(size: WorldSize): Generator<string> {
  for (let guild = 0; guild < size.guilds; guild++) {
    const id = snowflake(GUILDS, guild);
    const roles = Array.from({ length: size.rolesPerGuild }, (_, index) => ({
      id: index === 0 ? id : snowflake(ROLES, guild * size.rolesPerGuild + index),
      name: index === 0 ? "@everyone" : word(),
      permissions: "1071698660929",
      position: index,
      color: 0,
      colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
      hoist: false,
      managed: false,
      mentionable: false,
      icon: null,
      unicode_emoji: null,
      flags: 0,
    }));
    const roleIds = roles.map((role) => role.id);
    const channels = Array.from({ length: size.channelsPerGuild }, (_, index) => ({
      id: channelId(size, guild, index),
      type: index % 5 === 4 ? 2 : 0,
      name: word(),
      topic: index % 3 === 0 ? `${word()} ${word()} ${word()}` : null,
      position: index,
      nsfw: false,
      parent_id: null,
      last_message_id: snowflake(MESSAGES, index),
      rate_limit_per_user: 0,
      flags: 0,
      permission_overwrites: index % 2 === 0 ? [{ id: random.pick(roleIds), type: 0, allow: "1024", deny: "0" }] : [],
    }));
    const members = Array.from({ length: size.membersPerGuild }, (_, index) => ({
      user: createUser(guild * size.membersPerGuild + index),
      ...createMember(roleIds),
    }));
    const own = {
      id,
      name: word(),
      owner_id: members[0]?.user.id,
      member_count: members.length,
      icon: hex(32),
      features: ["COMMUNITY"],
    };
    const apart = { threads: [], voice_states: [], presences: [], stage_instances: [], guild_scheduled_events: [] };
    yield JSON.stringify({ ...own, roles, channels, members, ...apart });
  }
}

function channelId(size: WorldSize, guild: number, index: number): string {
  return snowflake(CHANNELS, guild * size.channelsPerGuild + index);
}

/** MESSAGE_CREATE payloads of about 1 KB in such a world, each as JSON. */
export function* createMessages(size: WorldSize, count: number): Generator<string> {
  const authors = Array.from({ length: size.guilds * size.membersPerGuild }, (_, index) => createUser(index));
  for (let index = 0; index < count; index++) {
    const guild = random.integer(0, size.guilds - 1);
    const message = {
      type: 0,
      tts: false,
      timestamp: moment(),
      pinned: false,
      nonce: snowflake(MESSAGES, index),
      mentions: [],
      mention_roles: [],
      mention_everyone: false,
      member: createMember([snowflake(ROLES, guild), snowflake(ROLES, guild + 1)]),
      id: snowflake(MESSAGES, index),
      flags: 0,
      embeds: [],
      edited_timestamp: null,
      content: Array.from({ length: 22 }, word).join(" "),
      components: [],
      channel_type: 0,
      channel_id: channelId(size, guild, random.integer(0, size.channelsPerGuild - 1)),
      author: authors[guild * size.membersPerGuild + random.integer(0, size.membersPerGuild - 1)],
      attachments: [],
      guild_id: snowflake(GUILDS, guild),
    };
    yield JSON.stringify(message);
  }
}
