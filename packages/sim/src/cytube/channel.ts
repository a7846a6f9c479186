import { createHash } from "node:crypto";
import { defaultPermissions, type CytubePermission, type CytubeMedia } from "@antiphon/protocol/cytube";
import type { Clock, Random, Timer } from "@antiphon/std";
import { createPlayback, type Playback } from "./playback.ts";
import { effectiveRank, metaFor, type Member } from "./member.ts";
import { defaultFilters, type SimulatedFilter } from "./sanitize.ts";

/** An account of the simulated site. */
export interface SimulatedAccount {
  readonly name: string;
  readonly password: string;
  /** Ranks by channel. */
  readonly channelRanks: Map<string, number>;
}

/** A poll that is open. */
export interface SimulatedPoll {
  readonly title: string;
  readonly options: readonly string[];
  readonly counts: number[];
  readonly initiator: string;
  readonly timestamp: number;
  readonly obscured: boolean;
  /** Which choice each address has made. */
  readonly votes: Map<string, number>;
  readonly timer: Timer | undefined;
}

/** What a channel needs of its site. */
export interface ChannelSite {
  readonly clock: Clock;
  readonly random: Random;
  readonly accounts: ReadonlyMap<string, SimulatedAccount>;
  /** Names that were used from each address. */
  readonly aliases: ReadonlyMap<string, ReadonlySet<string>>;
  /** Looks up what is queued; the text says why it cannot be. */
  readonly lookUp: (type: string, id: string, title: string | undefined) => CytubeMedia | string;
}

/** How many messages a join repeats. */
const BACKLOG = 15;
const USERCOUNT_EVERY_MS = 10_000;

/** A channel of the simulated site: who is in it, and all it keeps. */
export class Channel {
  readonly name: string;
  readonly site: ChannelSite;
  readonly members = new Set<Member>();
  readonly permissions: Record<string, number> = { ...defaultPermissions };
  readonly options: Record<string, unknown>;
  readonly bans: { readonly id: number; readonly name: string; readonly reason: string; readonly bannedby: string }[] =
    [];
  readonly log: string[] = [];
  readonly skipVotes = new Set<string>();
  readonly library = new Map<string, CytubeMedia>();
  readonly playback: Playback;
  filters: SimulatedFilter[] = [...defaultFilters];
  emotes: { name: string; image: string; source: string }[] = [];
  motd = "";
  css = "";
  js = "";
  locked = true;
  poll: SimulatedPoll | undefined;
  nextBanId = 1;
  private readonly backlog: Readonly<Record<string, unknown>>[] = [];
  private usercountTimer: Timer | undefined;

  constructor(name: string, site: ChannelSite) {
    this.name = name;
    this.site = site;
    this.options = defaultOptions(name);
    this.playback = createPlayback(this);
    this.note("init", "Loaded channel from database");
  }

  /** Writes a line into the channel's log. */
  note(kind: string, text: string): void {
    this.log.push(`[${new Date(this.site.clock.now()).toUTCString()}] [${kind}] ${text}`);
    if (this.log.length > 1_000) this.log.shift();
  }

  /** Whether a member may do what a permission guards. */
  may(member: Member, permission: CytubePermission): boolean {
    return effectiveRank(member) >= (this.permissions[permission] ?? Number.POSITIVE_INFINITY);
  }

  /** Members that have logged in. */
  users(): Member[] {
    return [...this.members].filter(({ name }) => name !== "");
  }

  /** A user by name, in any case. */
  find(name: string): Member | undefined {
    return this.users().find((member) => member.name.toLowerCase() === name.toLowerCase());
  }

  broadcast(event: string, ...args: readonly unknown[]): void {
    for (const { socket } of this.members) socket.emit(event, ...args);
  }

  /** Emits to members of at least this rank. */
  tell(minimumRank: number, event: string, ...args: readonly unknown[]): void {
    for (const member of this.members) if (effectiveRank(member) >= minimumRank) member.socket.emit(event, ...args);
  }

  /** A whisper of the server to moderators. */
  whisper(text: string): void {
    const meta = { addClass: "server-whisper", addClassToNameAndTimestamp: true };
    this.tell(2, "chatMsg", { username: "[server]", msg: text, meta, time: this.site.clock.now() });
  }

  /** Says something to all, and keeps it for those who join later. */
  say(message: Readonly<Record<string, unknown>>): void {
    this.backlog.push(message);
    if (this.backlog.length > BACKLOG) this.backlog.shift();
    this.broadcast("chatMsg", message);
  }

  clearBacklog(): void {
    this.backlog.length = 0;
  }

  /** A user as a viewer sees it. */
  pack(member: Member, viewerRank: number): Readonly<Record<string, unknown>> {
    const { name, profile } = member;
    return { name, rank: effectiveRank(member), profile, meta: metaFor(member, viewerRank, this.aliasesOf(member)) };
  }

  aliasesOf({ ip }: Member): readonly string[] {
    return [...(this.site.aliases.get(ip) ?? [])];
  }

  /** Tells each viewer what it may know of a user's state. */
  sendMeta(member: Member, audience: (viewer: Member) => boolean = () => true): void {
    for (const viewer of this.members) {
      if (!audience(viewer)) continue;
      const meta = metaFor(member, effectiveRank(viewer), this.aliasesOf(member));
      viewer.socket.emit("setUserMeta", { name: member.name, meta });
    }
  }

  /** Tells a member its rank and the others that it has it. */
  sendRank(member: Member): void {
    const rank = effectiveRank(member);
    member.socket.emit("rank", rank);
    this.broadcast("setUserRank", { name: member.name, rank });
  }

  setAfk(member: Member, afk: boolean): void {
    if (member.afk === afk) return;
    member.afk = afk;
    if (afk) {
      this.skipVotes.delete(member.ip);
      member.socket.emit("clearVoteskipVote");
    }
    this.sendVoteskip();
    this.sendMeta(member);
    this.broadcast("setAFK", { name: member.name, afk });
  }

  /** How many votes skip what plays: of those who are there and not away. */
  votesNeeded(): number {
    if (this.playback.current === undefined) return 0;
    const eligible = this.users().filter((member) => !member.afk && this.may(member, "voteskip")).length;
    return Math.ceil(eligible * Number(this.options.voteskip_ratio));
  }

  sendVoteskip(need = this.votesNeeded()): void {
    this.tell(this.permissions.viewvoteskip ?? 1.5, "voteskip", { count: this.skipVotes.size, need });
  }

  sendUsercount(): void {
    if (this.usercountTimer !== undefined) return;
    this.broadcast("usercount", this.members.size);
    const sent = this.members.size;
    // CyTube sends it at most once in ten seconds, the last one included.
    this.usercountTimer = this.site.clock.setTimer(
      USERCOUNT_EVERY_MS,
      () => {
        this.usercountTimer = undefined;
        if (this.members.size !== sent) this.sendUsercount();
      },
      { keepAlive: false },
    );
  }

  /** Everything that a socket gets when it joins, in CyTube's order. */
  welcome(member: Member): void {
    const { socket } = member;
    socket.emit("setPermissions", this.permissions);
    socket.emit("setPlaylistLocked", this.locked);
    socket.emit("emoteList", this.emotes);
    for (const message of this.backlog) socket.emit("chatMsg", message);
    socket.emit("drinkCount", 0);
    socket.emit("channelCSSJS", this.customization());
    socket.emit("setMotd", this.motd);
    socket.emit("channelOpts", this.options);
    this.playback.sendAll(member);
    if (this.poll !== undefined) socket.emit("newPoll", this.packPoll(this.poll, effectiveRank(member)));
    this.sendUserlist(member);
  }

  sendUserlist(viewer: Member): void {
    const rank = effectiveRank(viewer);
    viewer.socket.emit(
      "userlist",
      this.users().map((member) => this.pack(member, rank)),
    );
  }

  customization(): Readonly<Record<string, string>> {
    const hash = (text: string) => createHash("md5").update(text).digest("base64");
    return { css: this.css, cssHash: hash(this.css), js: this.js, jsHash: hash(this.js) };
  }

  packPoll(poll: SimulatedPoll, viewerRank: number): Readonly<Record<string, unknown>> {
    const { title, options, counts, initiator, timestamp, obscured } = poll;
    const sees = viewerRank >= (this.permissions.viewhiddenpoll ?? 1.5);
    const shown = obscured ? counts.map((count) => (sees ? `${count}?` : "?")) : counts;
    return { title, options, counts: shown, initiator, timestamp };
  }

  /** Ends timers. */
  close(): void {
    this.usercountTimer?.cancel();
    this.poll?.timer?.cancel();
    this.playback.close();
  }
}

function defaultOptions(name: string): Record<string, unknown> {
  return {
    allow_voteskip: true,
    voteskip_ratio: 0.5,
    afk_timeout: 600,
    pagetitle: name,
    maxlength: 0,
    externalcss: "",
    externaljs: "",
    chat_antiflood: false,
    chat_antiflood_params: { burst: 4, sustained: 1, cooldown: 4 },
    show_public: false,
    enable_link_regex: true,
    password: false,
    allow_dupes: false,
    torbanned: false,
    block_anonymous_users: false,
    allow_ascii_control: false,
    playlist_max_per_user: 0,
    new_user_chat_delay: 0,
    new_user_chat_link_delay: 0,
    playlist_max_duration_per_user: 0,
  };
}
