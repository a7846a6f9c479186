import { createSeededRandom } from "@antiphon/std";

/** How large the JSON of one event is: that of a message with its author and member. */
const EVENT_BYTES = 1_069;
const GUILD_ID = "1300000000000000000";
const CHANNELS = 20;

/** What the messages are made of: what Discord sends, or text without any repetition, for which a compression has to work hardest. */
export type CorpusKind = "messages" | "random text";

const idOf = (base: bigint, index: number) => String(base + BigInt(index) * 4_194_304n);
const channelId = (index: number) => idOf(1_310_000_000_000_000_000n, index);
const USERS = 1_200_000_000_000_000_000n;
const MESSAGES = 1_400_000_000_000_000_000n;
const JOINED_AT = "2021-03-04T05:06:07.089000+00:00";

function createUser(index: number, username: string) {
  return {
    username,
    public_flags: 0,
    primary_guild: null,
    id: idOf(USERS, index),
    global_name: null,
    display_name_styles: null,
    discriminator: "0",
    collectibles: null,
    avatar_decoration_data: null,
    avatar: "0123456789abcdef0123456789abcdef",
    bot: false,
  };
}

const member = {
  roles: [],
  premium_since: null,
  pending: false,
  nick: null,
  mute: false,
  joined_at: JOINED_AT,
  flags: 0,
  deaf: false,
  communication_disabled_until: null,
  banner: null,
  avatar: null,
};

/** The frame that tells of the guild in which everything is said. */
export function createGuildFrame(): string {
  const channels = Array.from({ length: CHANNELS }, (_, index) => ({
    id: channelId(index),
    guild_id: GUILD_ID,
    type: 0,
    name: `channel-${index}`,
    position: index,
    permission_overwrites: [],
    nsfw: false,
    topic: null,
    parent_id: null,
    last_message_id: null,
    rate_limit_per_user: 0,
    flags: 0,
  }));
  const everyone = {
    id: GUILD_ID,
    name: "@everyone",
    permissions: "1071698660929",
    position: 0,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    managed: false,
    mentionable: false,
    icon: null,
    unicode_emoji: null,
    flags: 0,
  };
  const guild = {
    id: GUILD_ID,
    name: "Burst",
    owner_id: idOf(USERS, 0),
    member_count: 1,
    joined_at: JOINED_AT,
    large: false,
    unavailable: false,
    icon: null,
    features: [],
    roles: [everyone],
    channels,
    members: [{ ...member, user: createUser(0, "owner") }],
    threads: [],
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    emojis: [],
    stickers: [],
    soundboard_sounds: [],
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw_level: 0,
    premium_tier: 0,
    premium_subscription_count: 0,
    system_channel_id: null,
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_flags: 0,
    preferred_locale: "en-US",
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    premium_progress_bar_enabled: false,
    vanity_url_code: null,
    description: null,
    banner: null,
    splash: null,
    discovery_splash: null,
    widget_enabled: false,
  };
  return JSON.stringify({ t: "GUILD_CREATE", s: 2, op: 0, d: guild });
}

/** The frames of so many messages, of which each has a greater id than the one before. */
export function createMessageFrames(kind: CorpusKind, count: number): string[] {
  const random = createSeededRandom(1);
  const word = () => random.integer(36 ** 3, 36 ** 4 - 1).toString(36);
  const authors = Array.from({ length: 500 }, (_, index) => createUser(index, word() + word()));
  const frameOf = (index: number, fields: object) =>
    JSON.stringify({ t: "MESSAGE_CREATE", s: index + 3, op: 0, d: fields });
  return Array.from({ length: count }, (_, index) => {
    const id = idOf(MESSAGES, index);
    const place = { id, channel_id: channelId(random.integer(0, CHANNELS - 1)), guild_id: GUILD_ID };
    const author = random.pick(authors);
    const timestamp = new Date(1_750_000_000_000 + index * 1_000).toISOString().replace("Z", "000+00:00");
    const fields =
      kind === "messages"
        ? {
            type: 0,
            tts: false,
            timestamp,
            pinned: false,
            nonce: id,
            mentions: [],
            mention_roles: [],
            mention_everyone: false,
            member,
            id,
            flags: 0,
            embeds: [],
            edited_timestamp: null,
            content: "",
            components: [],
            channel_type: 0,
            channel_id: place.channel_id,
            author,
            attachments: [],
            guild_id: place.guild_id,
          }
        : {
            ...place,
            type: 0,
            timestamp,
            author: { id: author.id, username: author.username },
            mentions: [],
            content: "",
          };
    const room = EVENT_BYTES - frameOf(index, fields).length;
    const words = Array.from({ length: Math.ceil(room / 5) }, word).join(" ");
    return frameOf(index, { ...fields, content: words.slice(0, Math.max(room, 0)) });
  });
}
