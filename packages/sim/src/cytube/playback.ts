import type { CytubeMedia, CytubePermission, PlaylistItem, PlaylistPlace } from "@antiphon/protocol/cytube";
import type { Clock, Random, Timer } from "@antiphon/std";
import type { Member } from "./member.ts";

/** The playlist of a channel, and what of it plays. */
export interface Playback {
  readonly items: readonly PlaylistItem[];
  readonly current: PlaylistItem | undefined;
  readonly currentTimeSeconds: number;
  readonly paused: boolean;
  readonly leader: Member | undefined;
  add(
    media: CytubeMedia,
    options: { readonly next: boolean; readonly temp: boolean; readonly by: string },
  ): PlaylistItem;
  remove(uid: number): boolean;
  move(uid: number, after: PlaylistPlace): boolean;
  jumpTo(uid: number): boolean;
  playNext(): void;
  clear(): void;
  shuffle(): void;
  setTemp(uid: number, temp: boolean): boolean;
  setLeader(member: Member | undefined): void;
  /** What the leader says of the media. */
  leaderUpdate(currentTimeSeconds: number, paused: boolean): void;
  /** The playlist, and what plays, for one member. */
  sendAll(member: Member): void;
  sendPlaylist(member: Member): void;
  close(): void;
}

/** A media starts this early, paused, so that players can load it. */
const LEAD_IN_SECONDS = 3;
const UPDATE_EVERY_SECONDS = 5;
/** How long a media may be over before the next one comes. */
const OVERTIME_SECONDS = 2;

/** What a playback asks of the channel that it plays to. */
export interface PlaybackChannel {
  readonly site: { readonly clock: Clock; readonly random: Random };
  readonly skipVotes: Set<string>;
  broadcast(event: string, ...args: readonly unknown[]): void;
  sendVoteskip(need: number): void;
  sendRank(member: Member): void;
  may(member: Member, permission: CytubePermission): boolean;
}

/** Builds an empty {@link Playback}. */
export function createPlayback(channel: PlaybackChannel): Playback {
  const items: PlaylistItem[] = [];
  let nextUid = 0;
  let current: PlaylistItem | undefined;
  let currentTimeSeconds = 0;
  let paused = true;
  let leader: Member | undefined;
  let timer: Timer | undefined;
  let ticks = 0;

  const indexOf = (uid: number) => items.findIndex((item) => item.uid === uid);
  const meta = () => {
    const rawTime = items.reduce((sum, { media }) => sum + media.seconds, 0);
    return { count: items.length, rawTime, time: formatDuration(rawTime) };
  };
  const sendMeta = () => channel.broadcast("setPlaylistMeta", meta());
  const changeMedia = (item: PlaylistItem) => ({ ...item.media, currentTime: currentTimeSeconds, paused });
  const sendUpdate = () => channel.broadcast("mediaUpdate", { currentTime: currentTimeSeconds, paused });

  const tick = (): void => {
    timer = undefined;
    if (current === undefined) return;
    if (leader === undefined && current.media.seconds > 0) advance(current);
    if (current !== undefined) arm();
  };
  const advance = (playing: PlaylistItem): void => {
    currentTimeSeconds++;
    if (paused && currentTimeSeconds >= 0) {
      paused = false;
      ticks = 0;
      sendUpdate();
    } else if (currentTimeSeconds > playing.media.seconds + OVERTIME_SECONDS) {
      playback.playNext();
    } else if (++ticks % UPDATE_EVERY_SECONDS === 0) {
      sendUpdate();
    }
  };
  const arm = (): void => {
    timer ??= channel.site.clock.setTimer(1_000, tick, { keepAlive: false });
  };

  const start = (item: PlaylistItem): void => {
    current = item;
    currentTimeSeconds = -LEAD_IN_SECONDS;
    paused = true;
    ticks = 0;
    channel.skipVotes.clear();
    channel.broadcast("setCurrent", item.uid);
    channel.broadcast("changeMedia", changeMedia(item));
    channel.broadcast("drinkCount", 0);
    channel.sendVoteskip(0);
    timer?.cancel();
    timer = undefined;
    arm();
  };
  const stop = (): void => {
    current = undefined;
    timer?.cancel();
    timer = undefined;
  };

  const playback: Playback = {
    get items() {
      return items;
    },
    get current() {
      return current;
    },
    get currentTimeSeconds() {
      return currentTimeSeconds;
    },
    get paused() {
      return paused;
    },
    get leader() {
      return leader;
    },
    add(media, { next, temp, by }) {
      const item: PlaylistItem = { media, uid: nextUid++, temp, queueby: by };
      const at = next && current !== undefined ? indexOf(current.uid) + 1 : next ? 0 : items.length;
      const before = items[at - 1];
      items.splice(at, 0, item);
      channel.broadcast("queue", { item, after: before?.uid ?? "prepend" });
      sendMeta();
      if (current === undefined) start(item);
      return item;
    },
    remove(uid) {
      const index = indexOf(uid);
      if (index === -1) return false;
      const wasCurrent = current?.uid === uid;
      const following = items[index + 1] ?? items[0];
      items.splice(index, 1);
      channel.broadcast("delete", { uid });
      sendMeta();
      if (wasCurrent && following !== undefined && following.uid !== uid) start(following);
      else if (wasCurrent) stop();
      return true;
    },
    move(uid, after) {
      const item = items[indexOf(uid)];
      if (item === undefined || (typeof after === "number" && indexOf(after) === -1)) return false;
      items.splice(indexOf(uid), 1);
      const at = after === "prepend" ? 0 : after === "append" ? items.length : indexOf(after) + 1;
      items.splice(at, 0, item);
      channel.broadcast("moveVideo", { from: uid, after });
      return true;
    },
    jumpTo(uid) {
      const item = items[indexOf(uid)];
      if (item === undefined) return false;
      const left = current;
      if (left?.temp === true && left.uid !== uid) {
        items.splice(indexOf(left.uid), 1);
        channel.broadcast("delete", { uid: left.uid });
        sendMeta();
      }
      start(item);
      return true;
    },
    playNext() {
      if (current === undefined) return;
      const following = items[indexOf(current.uid) + 1] ?? items[0];
      if (following === undefined) return;
      if (following.uid === current.uid && current.temp) playback.remove(current.uid);
      else playback.jumpTo(following.uid);
    },
    clear() {
      items.length = 0;
      stop();
      channel.broadcast("playlist", []);
      sendMeta();
    },
    shuffle() {
      const shuffled = channel.site.random.shuffle(items);
      items.splice(0, items.length, ...shuffled.map((item) => ({ ...item, uid: nextUid++ })));
      channel.broadcast("playlist", items);
      const [first] = items;
      if (first !== undefined) start(first);
    },
    setTemp(uid, temp) {
      const index = indexOf(uid);
      const item = items[index];
      if (item === undefined) return false;
      items[index] = { ...item, temp };
      if (current?.uid === uid) current = items[index];
      channel.broadcast("setTemp", { uid, temp });
      return true;
    },
    setLeader(member) {
      if (leader !== undefined) {
        leader.leader = false;
        channel.sendRank(leader);
      }
      leader = member;
      if (member === undefined) {
        channel.broadcast("setLeader", "");
        if (current === undefined) return;
        paused = false;
        sendUpdate();
        return;
      }
      member.leader = true;
      member.socket.emit("rank", Math.max(member.accountRank, 1.5));
      channel.broadcast("setLeader", member.name);
      channel.broadcast("setUserRank", { name: member.name, rank: Math.max(member.accountRank, 1.5) });
    },
    leaderUpdate(seconds, isPaused) {
      currentTimeSeconds = seconds;
      paused = isPaused;
      sendUpdate();
    },
    sendAll(member) {
      playback.sendPlaylist(member);
      if (current === undefined) return;
      member.socket.emit("setCurrent", current.uid);
      member.socket.emit("changeMedia", changeMedia(current));
    },
    sendPlaylist(member) {
      const sees = channel.may(member, "seeplaylist");
      member.socket.emit("setPlaylistMeta", meta());
      member.socket.emit("playlist", sees ? items : []);
      if (current !== undefined) member.socket.emit("setCurrent", current.uid);
    },
    close: stop,
  };
  return playback;
}

/** Seconds as CyTube writes them: `02:00`, `1:00:00`. */
export function formatDuration(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  const tail = `${two(minutes)}:${two(Math.floor(seconds % 60))}`;
  return hours === 0 ? tail : `${two(hours)}:${tail}`;
}
