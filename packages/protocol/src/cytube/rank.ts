/**
 * CyTube's ranks. They are floats: a leader stands between a registered user and a moderator for as long as it leads.
 *
 * @see calzoneman/sync, src/channel/permissions.js
 */
export const cytubeRanks = {
  /** A socket that has not logged in. */
  anonymous: -1,
  guest: 0,
  registered: 1,
  /** Temporary, given by `assignLeader`. */
  leader: 1.5,
  moderator: 2,
  admin: 3,
  owner: 4,
  /** Who registered the channel. */
  creator: 5,
  siteAdmin: 255,
} as const;

/**
 * The rank that each action needs in a channel that changed nothing. An unlocked playlist asks the `o…` node of an action first.
 *
 * @see calzoneman/sync, src/channel/permissions.js, DEFAULT_PERMISSIONS
 */
export const defaultPermissions = {
  seeplaylist: -1,
  playlistadd: 1.5,
  playlistnext: 1.5,
  playlistmove: 1.5,
  playlistdelete: 2,
  playlistjump: 1.5,
  playlistaddlist: 1.5,
  oplaylistadd: -1,
  oplaylistnext: 1.5,
  oplaylistmove: 1.5,
  oplaylistdelete: 2,
  oplaylistjump: 1.5,
  oplaylistaddlist: 1.5,
  playlistaddcustom: 3,
  playlistaddrawfile: 2,
  playlistaddlive: 1.5,
  exceedmaxlength: 2,
  addnontemp: 2,
  settemp: 2,
  playlistshuffle: 2,
  playlistclear: 2,
  pollctl: 1.5,
  pollvote: -1,
  viewhiddenpoll: 1.5,
  voteskip: -1,
  viewvoteskip: 1.5,
  mute: 1.5,
  kick: 1.5,
  ban: 2,
  motdedit: 3,
  filteredit: 3,
  filterimport: 3,
  emoteedit: 3,
  emoteimport: 3,
  playlistlock: 2,
  leaderctl: 2,
  drink: 1.5,
  chat: 0,
  chatclear: 2,
  exceedmaxitems: 2,
  deletefromchannellib: 2,
  exceedmaxdurationperuser: 2,
} as const satisfies Readonly<Record<string, number>>;

/** An action that a channel's permissions name. */
export type CytubePermission = keyof typeof defaultPermissions;
