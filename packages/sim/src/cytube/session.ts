import type { Channel, SimulatedAccount } from "./channel.ts";
import { adminFrames } from "./admin-frames.ts";
import { chatFrames } from "./chat-frames.ts";
import { kick, type FrameHandler } from "./frame-handler.ts";
import { createMember, effectiveRank, type Member, type MemberSocket } from "./member.ts";
import { payloadProblem } from "./payload-check.ts";
import { playlistFrames } from "./playlist-frames.ts";
import { pollFrames } from "./poll-frames.ts";
import type { Clock } from "@antiphon/std";

const frames: Readonly<Record<string, FrameHandler>> = {
  ...chatFrames,
  ...playlistFrames,
  ...pollFrames,
  ...adminFrames,
};

/** What a session needs of the site. */
export interface SessionSite {
  readonly clock: Clock;
  readonly accounts: ReadonlyMap<string, SimulatedAccount>;
  channel(name: string): Channel;
  /** Notes that a name was used from an address. */
  noteAlias(ip: string, name: string): void;
  /** Whether an address may log in as a guest now. */
  takeGuestLogin(ip: string): boolean;
}

/** One socket's conversation with the site. */
export interface Session {
  receive(event: string, payload: unknown, acknowledge: (answer: unknown) => void): void;
  left(): void;
}

const NAME = /^[\w-]{1,20}$/;
const CHANNEL = /^[\w-]{1,30}$/;

/** Starts a conversation; the socket is told its rank once it has joined. */
export function openSession(site: SessionSite, socket: MemberSocket, ip: string): Session {
  const member = createMember(socket, ip, site.clock);
  let channel: Channel | undefined;
  let waitingFor: Channel | undefined;
  let welcomed = false;

  const enter = (entered: Channel): void => {
    waitingFor = undefined;
    if (isBanned(entered, member)) return kick(member, "You're banned!");
    entered.members.add(member);
    channel = entered;
    entered.welcome(member);
    welcomed = true;
    if (member.name !== "") introduce(entered, member);
    entered.sendUsercount();
  };

  const join = ({ name, pw }: { readonly name?: unknown; readonly pw?: unknown }): void => {
    if (channel !== undefined || waitingFor !== undefined) return;
    if (typeof name !== "string" || !CHANNEL.test(name)) {
      const msg =
        "Invalid channel name.  Channel names may consist of 1-30 characters in the set a-z, A-Z, 0-9, -, and _";
      socket.emit("errorMsg", { msg });
      return kick(member, "Invalid channel name");
    }
    socket.emit("rank", member.accountRank);
    const wanted = site.channel(name.toLowerCase());
    const { password } = wanted.options;
    if (typeof password !== "string" || password === pw) return enter(wanted);
    waitingFor = wanted;
    socket.emit("needPassword", pw !== undefined);
  };

  const login = (data: { readonly name?: unknown; readonly pw?: unknown }): void => {
    const fail = (error: string) => socket.emit("login", { success: false, error });
    if (member.name !== "" || typeof data.name !== "string") return;
    if (!NAME.test(data.name))
      return fail(
        "Invalid username.  Usernames must be 1-20 characters long and consist only of characters a-z, A-Z, 0-9, -, or _.",
      );
    const account = site.accounts.get(data.name.toLowerCase());
    if (typeof data.pw === "string" && data.pw !== "") {
      if (account === undefined || account.password !== data.pw) return fail("Invalid username/password combination");
      const old = channel?.find(account.name);
      if (old !== undefined) kick(old, "Duplicate login");
      return accept(account.name, true);
    }
    if (account !== undefined) return fail("That username is registered.");
    if (channel?.find(data.name) !== undefined) return fail("That name is already in use on this channel.");
    if (!site.takeGuestLogin(ip)) return fail("Guest logins are restricted to one per IP address per 60 seconds.");
    accept(data.name, false);
  };

  const accept = (name: string, registered: boolean): void => {
    const aliases = channel?.aliasesOf(member).filter((alias) => alias !== name) ?? [];
    member.name = name;
    member.registered = registered;
    member.accountRank = registered ? 1 : 0;
    site.noteAlias(ip, name);
    socket.emit("rank", member.accountRank);
    socket.emit("login", registered ? { success: true, name } : { success: true, name, guest: true });
    if (channel === undefined || !welcomed) return;
    if (isBanned(channel, member)) return kick(member, "You're banned!");
    introduce(channel, member);
    channel.note("login", `${name} logged in (aliases: ${aliases.join(",")})`);
    if (aliases.length > 0) channel.whisper(`${name} joined (aliases: ${aliases.join(",")})`);
  };

  const handlers: Readonly<Record<string, (payload: never) => void>> = {
    joinChannel: join,
    login,
    channelPassword(password: unknown) {
      if (waitingFor === undefined) return;
      if (password !== waitingFor.options.password) return socket.emit("needPassword", true);
      socket.emit("cancelNeedPassword");
      enter(waitingFor);
    },
  };

  return {
    receive(event, payload, acknowledge) {
      const own = Object.hasOwn(handlers, event) ? handlers[event] : undefined;
      if (own !== undefined) return own((payload ?? {}) as never);
      const handler = Object.hasOwn(frames, event) ? frames[event] : undefined;
      if (handler === undefined || channel === undefined) return;
      const problem = payloadProblem(handler.shape, payload);
      if (problem !== undefined)
        return socket.emit("errorMsg", { msg: `Unexpected error for message ${event}: ${problem}` });
      handler.run(channel, member, payload as never, acknowledge);
    },
    left() {
      const from = channel;
      if (from === undefined || !from.members.delete(member)) return;
      if (from.playback.leader === member) from.playback.setLeader(undefined);
      from.skipVotes.delete(ip);
      if (member.name !== "") from.broadcast("userLeave", { name: member.name });
      from.sendUsercount();
    },
  };
}

function isBanned(channel: Channel, { name }: Member): boolean {
  return name !== "" && channel.bans.some((ban) => ban.name === name.toLowerCase());
}

/** Shows a user to the channel; a rank that the account has here comes just after, as on CyTube. */
function introduce(channel: Channel, member: Member): void {
  for (const viewer of channel.members) viewer.socket.emit("addUser", channel.pack(member, effectiveRank(viewer)));
  const rank = member.registered
    ? channel.site.accounts.get(member.name.toLowerCase())?.channelRanks.get(channel.name)
    : undefined;
  if (rank === undefined || rank <= member.accountRank) return;
  member.accountRank = rank;
  member.socket.emit("rank", rank);
  if (rank >= 2) channel.sendUserlist(member);
  channel.playback.sendPlaylist(member);
  channel.broadcast("setUserRank", { name: member.name, rank });
}
