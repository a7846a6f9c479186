import type { PlaylistPlace } from "@antiphon/protocol/cytube";
import type { CommandOptions, CommandSender, CorrelationId } from "./command-sender.ts";

/** A chat filter. */
export interface ChatFilterFields {
  /** A regular expression. */
  readonly source: string;
  /** Its flags: `g`, `gi`. */
  readonly flags: string;
  /** What stands in its place: HTML, with `\1` for groups. */
  readonly replace: string;
  /** Defaults to true. */
  readonly active?: boolean;
  /** Whether links are filtered too. Defaults to false. */
  readonly filterLinks?: boolean;
}

/**
 * The commands of the guide. Each resolves with its id once the robot says that it had its effect, unless it says otherwise here.
 *
 * Each throws BridgeError BRIDGE_COMMAND_REFUSED (with the robot's reason), BRIDGE_NO_RESPONDER or BRIDGE_REQUEST_TIMED_OUT.
 */
export interface KrytenCommands {
  /** Says something, at most once per `chatMinimumDelayMs`. */
  sendChat(channel: string, message: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Says something to one user. */
  sendPrivateMessage(
    channel: string,
    username: string,
    message: string,
    options?: CommandOptions,
  ): Promise<CorrelationId>;
  /** Adds a video and returns its uid too; null when the robot did not learn it. It goes to the end and is temporary unless told. */
  addMedia(
    channel: string,
    mediaType: string,
    mediaId: string,
    options?: CommandOptions & { readonly position?: "end" | "next"; readonly temporary?: boolean },
  ): Promise<{ readonly correlationId: CorrelationId; readonly uid: number | null }>;
  /** Removes an item. */
  deleteMedia(channel: string, uid: number, options?: CommandOptions): Promise<CorrelationId>;
  /** Moves an item behind another, or to an end. */
  moveMedia(channel: string, uid: number, after: PlaylistPlace, options?: CommandOptions): Promise<CorrelationId>;
  /** Plays an item now. */
  jumpTo(channel: string, uid: number, options?: CommandOptions): Promise<CorrelationId>;
  clearPlaylist(channel: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Shuffles the playlist; each item gets a new uid. */
  shufflePlaylist(channel: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Makes an item temporary (the default) or permanent. */
  setTemporary(channel: string, uid: number, temporary?: boolean, options?: CommandOptions): Promise<CorrelationId>;
  /** Plays the next item. */
  playNext(channel: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Pauses. CyTube lets only the leader do so: our robot becomes leader; kryten-robot says yes and does nothing. */
  pause(channel: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Plays on; see {@link KrytenCommands.pause}. */
  play(channel: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Goes to a time; see {@link KrytenCommands.pause}. */
  seek(channel: string, timeSeconds: number, options?: CommandOptions): Promise<CorrelationId>;
  kickUser(channel: string, username: string, reason?: string, options?: CommandOptions): Promise<CorrelationId>;
  banUser(channel: string, username: string, reason?: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Votes to skip what plays. */
  voteskip(channel: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Makes a user leader; an empty name takes the lead back. */
  assignLeader(channel: string, username: string, options?: CommandOptions): Promise<CorrelationId>;
  muteUser(channel: string, username: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Mutes a user who is not told. */
  shadowMuteUser(channel: string, username: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Ends a mute of either kind. */
  unmuteUser(channel: string, username: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Sets the message of the day, as HTML. */
  setMotd(channel: string, motd: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Sets the channel's CSS; CyTube cuts it at 20,000 characters. */
  setChannelCss(channel: string, css: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Sets the channel's JavaScript; CyTube cuts it at 20,000 characters. */
  setChannelJs(channel: string, js: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Changes settings by CyTube's names for them: `voteskip_ratio`. */
  setOptions(
    channel: string,
    settings: Readonly<Record<string, unknown>>,
    options?: CommandOptions,
  ): Promise<CorrelationId>;
  /** Changes the ranks that actions need. */
  setPermissions(
    channel: string,
    permissions: Readonly<Record<string, number>>,
    options?: CommandOptions,
  ): Promise<CorrelationId>;
  /** Adds or changes an emote. `source` is kryten-py's and says where the image comes from; CyTube does not keep it. Defaults to `imgur`. */
  updateEmote(
    channel: string,
    name: string,
    image: string,
    options?: CommandOptions & { readonly source?: string },
  ): Promise<CorrelationId>;
  removeEmote(channel: string, name: string, options?: CommandOptions): Promise<CorrelationId>;
  addFilter(channel: string, name: string, filter: ChatFilterFields, options?: CommandOptions): Promise<CorrelationId>;
  updateFilter(
    channel: string,
    name: string,
    filter: ChatFilterFields,
    options?: CommandOptions,
  ): Promise<CorrelationId>;
  removeFilter(channel: string, name: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Opens a poll that ends by itself after `timeoutSeconds` (1 to 86,400), or not at all; `obscured` hides the counts. */
  newPoll(
    channel: string,
    title: string,
    choices: readonly string[],
    options?: CommandOptions & { readonly obscured?: boolean; readonly timeoutSeconds?: number },
  ): Promise<CorrelationId>;
  /** Votes for a choice, from 0. */
  vote(channel: string, choice: number, options?: CommandOptions): Promise<CorrelationId>;
  closePoll(channel: string, options?: CommandOptions): Promise<CorrelationId>;
  /** Gives a user a rank for good. */
  setChannelRank(channel: string, username: string, rank: number, options?: CommandOptions): Promise<CorrelationId>;
  /** Who has a rank here; resolves with the list. */
  requestChannelRanks(channel: string, options?: CommandOptions): Promise<unknown>;
  /** Who is banned; resolves with the list. */
  requestBanlist(channel: string, options?: CommandOptions): Promise<unknown>;
  /** Ends a ban; the id is in the ban list. */
  unban(channel: string, banId: number, options?: CommandOptions): Promise<CorrelationId>;
  /** The last lines of the channel's log, 100 unless told; resolves with what the robot answers. */
  readChannelLog(channel: string, options?: CommandOptions & { readonly count?: number }): Promise<unknown>;
  /** Searches the channel's library, or `source`; resolves with what is found. */
  searchLibrary(
    channel: string,
    query: string,
    options?: CommandOptions & { readonly source?: string },
  ): Promise<unknown>;
  deleteFromLibrary(channel: string, mediaId: string, options?: CommandOptions): Promise<CorrelationId>;
}

type Args = Readonly<Record<string, unknown>>;

/** Builds {@link KrytenCommands}. */
export function createKrytenCommands(sender: CommandSender): KrytenCommands {
  const effect = async (
    channel: string,
    command: string,
    args: Args,
    options?: CommandOptions,
  ): Promise<CorrelationId> => (await sender.send(channel, command, args, options)).correlationId;
  const chat = async (
    channel: string,
    command: string,
    args: Args,
    options?: CommandOptions,
  ): Promise<CorrelationId> => {
    await sender.chatTurn(options?.signal);
    return effect(channel, command, args, options);
  };
  const answer = async (channel: string, command: string, field: string, args: Args, options?: CommandOptions) => {
    const { data } = await sender.send(channel, command, args, { ...options, confirm: true });
    return payloadOf((data as Record<string, unknown> | undefined)?.[field]);
  };
  return {
    sendChat: (channel, message, options) => chat(channel, "say", { message }, options),
    sendPrivateMessage: (channel, to, msg, options) => chat(channel, "pm", { to, msg }, options),
    async addMedia(channel, type, id, { position: pos = "end", temporary: temp = true, ...options } = {}) {
      const { correlationId, data } = await sender.send(channel, "addvideo", { type, id, pos, temp }, options);
      const uid = (data as { readonly uid?: unknown } | undefined)?.uid;
      return { correlationId, uid: typeof uid === "number" ? uid : null };
    },
    deleteMedia: (channel, uid, options) => effect(channel, "rmvideo", { uid }, options),
    moveMedia: (channel, from, after, options) => effect(channel, "mvvideo", { from, after }, options),
    jumpTo: (channel, uid, options) => effect(channel, "jump", { uid }, options),
    clearPlaylist: (channel, options) => effect(channel, "clear", {}, options),
    shufflePlaylist: (channel, options) => effect(channel, "shuffle", {}, options),
    setTemporary: (channel, uid, temp = true, options = {}) => effect(channel, "settemp", { uid, temp }, options),
    playNext: (channel, options) => effect(channel, "playNext", {}, options),
    pause: (channel, options) => effect(channel, "pause", {}, options),
    play: (channel, options) => effect(channel, "play", {}, options),
    seek: (channel, time, options) => effect(channel, "seek", { time }, options),
    kickUser: (channel, username, reason, options) => effect(channel, "kick", withReason(username, reason), options),
    banUser: (channel, username, reason, options) => effect(channel, "ban", withReason(username, reason), options),
    voteskip: (channel, options) => effect(channel, "voteskip", {}, options),
    assignLeader: (channel, name, options) => effect(channel, "assignLeader", { name }, options),
    muteUser: (channel, username, options) => effect(channel, "mute", { username }, options),
    shadowMuteUser: (channel, username, options) => effect(channel, "smute", { username }, options),
    // kryten-robot has no such command; said as a chat command every robot carries it out.
    unmuteUser: (channel, username, options) => effect(channel, "say", { message: `/unmute ${username}` }, options),
    setMotd: (channel, motd, options) => effect(channel, "setMotd", { motd }, options),
    setChannelCss: (channel, css, options) => effect(channel, "setChannelCSS", { css }, options),
    setChannelJs: (channel, js, options) => effect(channel, "setChannelJS", { js }, options),
    setOptions: (channel, settings, options) => effect(channel, "setOptions", { options: settings }, options),
    setPermissions: (channel, permissions, options) => effect(channel, "setPermissions", { permissions }, options),
    updateEmote: (channel, name, image, { source = "imgur", ...options } = {}) =>
      effect(channel, "updateEmote", { name, image, source }, options),
    removeEmote: (channel, name, options) => effect(channel, "removeEmote", { name }, options),
    addFilter: (channel, name, filter, options) => effect(channel, "addFilter", filterArgs(name, filter), options),
    updateFilter: (channel, name, filter, options) =>
      effect(channel, "updateFilter", filterArgs(name, filter), options),
    removeFilter: (channel, name, options) => effect(channel, "removeFilter", { name }, options),
    newPoll: (channel, title, choices, { obscured = false, timeoutSeconds, ...options } = {}) => {
      // CyTube refuses a timeout of 0; none at all is one that never ends.
      const timeout = timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds };
      return effect(channel, "newPoll", { title, options: choices, obscured, ...timeout }, options);
    },
    vote: (channel, option, options) => effect(channel, "vote", { option }, options),
    closePoll: (channel, options) => effect(channel, "closePoll", {}, options),
    setChannelRank: (channel, username, rank, options) =>
      effect(channel, "setChannelRank", { username, rank }, options),
    requestChannelRanks: (channel, options) => answer(channel, "requestChannelRanks", "ranks", {}, options),
    requestBanlist: (channel, options) => answer(channel, "requestBanlist", "banlist", {}, options),
    unban: (channel, id, options) => effect(channel, "unban", { id }, options),
    readChannelLog: (channel, { count = 100, ...options } = {}) =>
      answer(channel, "readChanLog", "log", { count }, options),
    searchLibrary: (channel, query, { source = "library", ...options } = {}) =>
      answer(channel, "searchLibrary", "results", { query, source }, options),
    deleteFromLibrary: (channel, id, options) => effect(channel, "deleteFromLibrary", { id }, options),
  };
}

function withReason(username: string, reason: string | undefined): Args {
  return reason === undefined ? { username } : { username, reason };
}

function filterArgs(name: string, filter: ChatFilterFields): Args {
  const { source, flags, replace, active = true, filterLinks = false } = filter;
  return { name, source, flags, replace, active, filterlinks: filterLinks };
}

/** kryten-robot answers with the whole event instead of its payload. */
function payloadOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("event_name" in value)) return value;
  return "payload" in value ? value.payload : undefined;
}
