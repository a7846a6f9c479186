import { cytubeRanks, defaultPermissions } from "../cytube/index.ts";

/**
 * The rank that each command of the guide needs in a channel with default permissions. Where a channel has other permissions
 * they decide; `setPermissions` tells them.
 */
export const requiredRanks = {
  sendChat: defaultPermissions.chat,
  sendPrivateMessage: defaultPermissions.chat,
  addMedia: defaultPermissions.playlistadd,
  deleteMedia: defaultPermissions.playlistdelete,
  moveMedia: defaultPermissions.playlistmove,
  jumpTo: defaultPermissions.playlistjump,
  clearPlaylist: defaultPermissions.playlistclear,
  shufflePlaylist: defaultPermissions.playlistshuffle,
  setTemporary: defaultPermissions.settemp,
  playNext: defaultPermissions.playlistjump,
  /** Whoever may make itself leader may do what only a leader can. */
  pause: defaultPermissions.leaderctl,
  play: defaultPermissions.leaderctl,
  seek: defaultPermissions.leaderctl,
  kickUser: defaultPermissions.kick,
  banUser: defaultPermissions.ban,
  voteskip: defaultPermissions.voteskip,
  assignLeader: defaultPermissions.leaderctl,
  muteUser: defaultPermissions.mute,
  shadowMuteUser: defaultPermissions.mute,
  unmuteUser: defaultPermissions.mute,
  setMotd: defaultPermissions.motdedit,
  setChannelCss: cytubeRanks.admin,
  setChannelJs: cytubeRanks.admin,
  setOptions: cytubeRanks.moderator,
  setPermissions: cytubeRanks.admin,
  updateEmote: defaultPermissions.emoteedit,
  removeEmote: defaultPermissions.emoteedit,
  addFilter: defaultPermissions.filteredit,
  updateFilter: defaultPermissions.filteredit,
  removeFilter: defaultPermissions.filteredit,
  newPoll: defaultPermissions.pollctl,
  vote: defaultPermissions.pollvote,
  closePoll: defaultPermissions.pollctl,
  setChannelRank: cytubeRanks.admin,
  requestChannelRanks: cytubeRanks.admin,
  requestBanlist: defaultPermissions.ban,
  unban: defaultPermissions.ban,
  readChannelLog: cytubeRanks.admin,
  searchLibrary: cytubeRanks.guest,
  deleteFromLibrary: defaultPermissions.deletefromchannellib,
} as const satisfies Readonly<Record<string, number>>;

/** A command of the guide, by our name for it. */
export type KrytenCommandName = keyof typeof requiredRanks;
