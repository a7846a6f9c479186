import type { CytubePermission, PlaylistPlace } from "@antiphon/protocol/cytube";
import type { Channel } from "./channel.ts";
import { frame, kick, type FrameHandler } from "./frame-handler.ts";
import { effectiveRank, type Member } from "./member.ts";
import { createRateLimiter } from "./rate-limiter.ts";

/** Which permission guards a playlist action now: an unlocked playlist has permissions of its own. */
function mayEdit(channel: Channel, member: Member, action: "add" | "next" | "move" | "delete" | "jump"): boolean {
  const locked = `playlist${action}` as CytubePermission;
  const open = `oplaylist${action}` as CytubePermission;
  return channel.may(member, locked) || (!channel.locked && channel.may(member, open));
}

const typePermissions: Readonly<Record<string, CytubePermission>> = {
  cu: "playlistaddcustom",
  fi: "playlistaddrawfile",
  cm: "playlistaddrawfile",
  hl: "playlistaddlive",
  rt: "playlistaddlive",
};

interface Queued {
  readonly id: string | boolean;
  readonly type: string;
  readonly pos: string;
  readonly title?: string;
  readonly temp?: boolean;
}

function queue(channel: Channel, member: Member, data: Queued): void {
  const fail = (msg: string) => member.socket.emit("queueFail", { msg, link: linkOf(data), id: data.id });
  if (!mayEdit(channel, member, "add") || (data.pos === "next" && !mayEdit(channel, member, "next"))) return;
  const needed = Object.hasOwn(typePermissions, data.type) ? typePermissions[data.type] : undefined;
  if (needed !== undefined && !channel.may(member, needed))
    return fail("You don't have permission to add this kind of media.");
  const [burst, perSecond] = effectiveRank(member) >= 2 ? [10, 2] : [3, 1];
  member.queueLimiter ??= createRateLimiter(burst, perSecond, channel.site.clock);
  if (!member.queueLimiter.take()) return fail("You are adding videos too quickly");
  if (typeof data.id !== "string" || data.id === "")
    return fail("Failed to parse link. Please check that it is correct");
  const media = channel.site.lookUp(data.type, data.id, data.title);
  if (typeof media === "string") return fail(media);
  if (channel.options.allow_dupes !== true && channel.playback.items.some((item) => item.media.id === media.id))
    return fail("This item is already on the playlist");
  const temp = data.temp === true || !channel.may(member, "addnontemp");
  if (!temp) channel.library.set(media.id, media);
  channel.playback.add(media, { next: data.pos === "next", temp, by: member.name });
}

function linkOf({ type, id }: Queued): unknown {
  return type === "yt" ? `https://youtu.be/${String(id)}` : id;
}

/** The playlist, what plays, and who leads. */
export const playlistFrames: Readonly<Record<string, FrameHandler>> = {
  queue: frame({ id: "string|boolean", type: "string", pos: "string", title: "string?", temp: "boolean?" }, queue),
  // Of this frame alone CyTube does not complain when it has another type.
  delete: frame(undefined, (channel, member, uid: unknown) => {
    if (typeof uid === "number" && mayEdit(channel, member, "delete")) channel.playback.remove(uid);
  }),
  moveMedia: frame(
    { from: "number", after: "string|number" },
    (channel, member, data: { from: number; after: PlaylistPlace }) => {
      if (mayEdit(channel, member, "move")) channel.playback.move(data.from, data.after);
    },
  ),
  jumpTo: frame("string|number", (channel, member, uid: number | string) => {
    if (mayEdit(channel, member, "jump")) channel.playback.jumpTo(Number(uid));
  }),
  playNext: frame(undefined, (channel, member) => {
    if (mayEdit(channel, member, "jump")) channel.playback.playNext();
  }),
  clearPlaylist: frame(undefined, (channel, member) => {
    if (channel.may(member, "playlistclear")) channel.playback.clear();
  }),
  shufflePlaylist: frame(undefined, (channel, member) => {
    if (channel.may(member, "playlistshuffle")) channel.playback.shuffle();
  }),
  setTemp: frame({ uid: "number", temp: "boolean" }, (channel, member, data: { uid: number; temp: boolean }) => {
    if (channel.may(member, "settemp")) channel.playback.setTemp(data.uid, data.temp);
  }),
  togglePlaylistLock: frame(undefined, (channel, member) => {
    if (!channel.may(member, "playlistlock")) return;
    channel.locked = !channel.locked;
    channel.broadcast("setPlaylistLocked", channel.locked);
  }),
  requestPlaylist: frame(undefined, (channel, member) => channel.playback.sendPlaylist(member)),
  playerReady: frame(undefined, (channel, member) => {
    const { current, currentTimeSeconds: currentTime, paused } = channel.playback;
    if (current !== undefined) member.socket.emit("changeMedia", { ...current.media, currentTime, paused });
  }),
  assignLeader: frame({ name: "string" }, (channel, member, { name }: { name: string }) => {
    if (!channel.may(member, "leaderctl")) return kick(member, "Attempted assignLeader with insufficient permission");
    if (name === "") return channel.playback.setLeader(undefined);
    const target = channel.find(name);
    if (target !== undefined) channel.playback.setLeader(target);
  }),
  mediaUpdate: frame(
    { id: "string|number", currentTime: "number", paused: "boolean?", type: "string?" },
    (channel, member, { id, currentTime, paused = false }: { id: string; currentTime: number; paused?: boolean }) => {
      const { leader, current } = channel.playback;
      if (leader !== member || current === undefined || current.media.id !== id) return;
      channel.playback.leaderUpdate(currentTime, paused);
    },
  ),
  voteskip: frame(undefined, (channel, member) => {
    if (channel.options.allow_voteskip !== true || !channel.may(member, "voteskip")) return;
    if (channel.playback.current === undefined) return;
    channel.setAfk(member, false);
    channel.skipVotes.add(member.ip);
    const need = channel.votesNeeded();
    channel.sendVoteskip(need);
    if (channel.skipVotes.size < need) return;
    channel.playback.playNext();
  }),
  searchMedia: frame(
    { query: "string", source: "string?" },
    (channel, member, data: { query: string; source?: string }) => {
      const { query, source = "library" } = data;
      const wanted = query.toLowerCase();
      const results = [...channel.library.values()].filter(({ title }) => title.toLowerCase().includes(wanted));
      member.socket.emit("searchResults", { source, results });
    },
  ),
  uncache: frame({ id: "string" }, (channel, member, { id }: { id: string }) => {
    if (channel.may(member, "deletefromchannellib")) channel.library.delete(id);
  }),
};
