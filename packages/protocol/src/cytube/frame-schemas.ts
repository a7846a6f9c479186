import { z } from "zod";
import { cytubeMediaSchema, playlistItemSchema, playlistPlaceSchema } from "./media.ts";
import { cytubeUserSchema, userMetaSchema, userProfileSchema } from "./user.ts";

const chatMessage = z.looseObject({
  username: z.string(),
  /** HTML: `&`, `<` and `>` are encoded, and the channel's filters have put tags in. */
  msg: z.string(),
  /** `action` for /me, `shadow` for what only moderators see, `addClass`, `modflair`. */
  meta: z.looseObject({ shadow: z.boolean().optional(), action: z.boolean().optional() }).optional(),
  /** Milliseconds since the Unix epoch. */
  time: z.number(),
});

const poll = z.looseObject({
  title: z.string(),
  options: z.array(z.string()),
  /** Numbers; in a hidden poll `?`, and `3?` for those who may see. */
  counts: z.array(z.union([z.number(), z.string()])),
  initiator: z.string(),
  timestamp: z.number(),
});

const emote = z.looseObject({ name: z.string(), image: z.string(), source: z.string().optional() });

const filter = z.looseObject({
  name: z.string(),
  source: z.string(),
  flags: z.string(),
  replace: z.string(),
  active: z.boolean(),
  filterlinks: z.boolean(),
});

const refusedItem = z.looseObject({ msg: z.string(), link: z.string().optional(), id: z.unknown().optional() });
const named = z.looseObject({ name: z.string() });
const nothing = z.unknown();

/**
 * What a CyTube server sends, by event name: the schema of the event's one argument (null when it has none).
 *
 * @see calzoneman/sync, src/channel/*.js
 */
export const cytubeFrameSchemas = {
  chatMsg: chatMessage,
  pm: chatMessage.extend({ to: z.string() }),
  clearchat: z.looseObject({ clearedBy: z.string().optional() }).nullable(),
  announcement: nothing,
  cooldown: z.number(),
  spamFiltered: z.looseObject({ reason: z.string() }),
  noflood: z.looseObject({ action: z.string(), msg: z.string() }),
  costanza: z.looseObject({}),
  errorMsg: z.looseObject({ msg: z.string(), code: z.string().optional() }),

  login: z.looseObject({
    success: z.boolean(),
    name: z.string().optional(),
    guest: z.boolean().optional(),
    error: z.string().optional(),
  }),
  rank: z.number(),
  kick: z.looseObject({ reason: z.string() }),
  needPassword: z.boolean(),
  cancelNeedPassword: nothing,
  channelNotRegistered: nothing,
  partitionChange: nothing,

  userlist: z.array(cytubeUserSchema),
  usercount: z.number(),
  addUser: cytubeUserSchema,
  userLeave: named,
  setUserMeta: z.looseObject({ name: z.string(), meta: userMetaSchema }),
  setUserProfile: z.looseObject({ name: z.string(), profile: userProfileSchema }),
  setUserRank: z.looseObject({ name: z.string(), rank: z.number() }),
  setAFK: z.looseObject({ name: z.string(), afk: z.boolean() }),
  /** The leader's name; empty when the server leads. */
  setLeader: z.string(),

  playlist: z.array(playlistItemSchema),
  queue: z.looseObject({ item: playlistItemSchema, after: playlistPlaceSchema }),
  queueFail: refusedItem,
  queueWarn: refusedItem,
  delete: z.looseObject({ uid: z.number() }),
  moveVideo: z.looseObject({ from: z.number(), after: playlistPlaceSchema }),
  setTemp: z.looseObject({ uid: z.number(), temp: z.boolean() }),
  /** The uid of what plays. */
  setCurrent: z.number().nullable(),
  setPlaylistMeta: z.looseObject({ count: z.number(), rawTime: z.number(), time: z.string() }),
  setPlaylistLocked: z.boolean(),
  /** What plays now, without a uid; `setCurrent` comes just before. */
  changeMedia: cytubeMediaSchema.extend({ currentTime: z.number(), paused: z.boolean() }),
  mediaUpdate: z.looseObject({ currentTime: z.number(), paused: z.boolean().optional() }),
  voteskip: z.looseObject({ count: z.number(), need: z.number() }),
  clearVoteskipVote: nothing,
  searchResults: z.looseObject({ source: z.string(), results: z.array(z.looseObject({})) }),

  newPoll: poll,
  updatePoll: poll,
  closePoll: nothing,

  emoteList: z.array(emote),
  updateEmote: emote,
  removeEmote: named,
  renameEmote: z.looseObject({ old: z.string(), name: z.string(), image: z.string(), source: z.string().optional() }),
  /** Answers `requestChatFilters`, for rank 3 and above. */
  chatFilters: z.array(filter),
  updateChatFilter: filter,
  deleteChatFilter: named,
  addFilterSuccess: nothing,

  setMotd: z.string(),
  channelCSSJS: z.looseObject({ css: z.string(), cssHash: z.string(), js: z.string(), jsHash: z.string() }),
  /** Carries the channel's password to everybody who is in. */
  channelOpts: z.looseObject({ password: z.union([z.string(), z.boolean()]).nullable().optional() }),
  setPermissions: z.record(z.string(), z.number()),
  validationPassed: z.looseObject({ target: z.string() }),
  validationError: z.looseObject({ target: z.string() }),
  banlist: z.array(
    z.looseObject({ id: z.number(), ip: z.string(), name: z.string(), reason: z.string(), bannedby: z.string() }),
  ),
  banlistRemove: z.looseObject({ id: z.number(), name: z.string() }),
  channelRanks: z.array(z.looseObject({ name: z.string(), rank: z.number() })),
  channelRankFail: z.looseObject({ msg: z.string() }),
  readChanLog: z.looseObject({ success: z.boolean(), data: z.string().optional() }),
  drinkCount: z.number(),
  warnLargeChandump: nothing,
} as const;

/** The name of an event that a CyTube server sends. */
export type CytubeFrameName = keyof typeof cytubeFrameSchemas;

/** The payload of each event that a CyTube server sends. */
export type CytubeFrames = { readonly [Name in CytubeFrameName]: z.infer<(typeof cytubeFrameSchemas)[Name]> };
