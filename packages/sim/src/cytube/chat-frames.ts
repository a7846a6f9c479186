import type { Channel } from "./channel.ts";
import { frame, kick, type FrameHandler } from "./frame-handler.ts";
import { cloak, effectiveRank, type Member } from "./member.ts";
import { formatMessage, sanitizeText } from "./sanitize.ts";

const MAXIMUM_LENGTH = 320;
const COOLDOWN_MS = 100;

type ChatCommand = (channel: Channel, member: Member, rest: string) => void;

/** Chat and private messages. */
export const chatFrames: Readonly<Record<string, FrameHandler>> = {
  chatMsg: frame(
    { msg: "string", meta: "object?" },
    (channel, member, data: { msg: string; meta?: { modflair?: unknown } }) => {
      const text = clean(data.msg);
      if (text === "" || member.name === "" || !channel.may(member, "chat")) return;
      if (!text.startsWith("/afk")) channel.setAfk(member, false);
      if (!member.chatFloor.take()) return member.socket.emit("cooldown", COOLDOWN_MS);
      const [word = "", ...rest] = text.split(" ");
      const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
      if (command !== undefined) return command(channel, member, rest.join(" "));
      const { modflair } = data.meta ?? {};
      say(channel, member, text, modflair === effectiveRank(member) && effectiveRank(member) >= 2 ? { modflair } : {});
    },
  ),
  pm: frame({ to: "string", msg: "string", meta: "object?" }, (channel, member, data: { to: string; msg: string }) => {
    if (member.name === "") return;
    if (data.to.toLowerCase() === member.name.toLowerCase())
      return member.socket.emit("errorMsg", { msg: "You can't PM yourself!" });
    if (!member.chatFloor.take()) return member.socket.emit("cooldown", COOLDOWN_MS);
    const target = channel.find(data.to);
    if (target === undefined)
      return member.socket.emit("errorMsg", { msg: `User ${sanitizeText(data.to)} is not in the channel` });
    const msg = formatMessage(clean(data.msg), channel.filters, true);
    const message = { username: member.name, msg, meta: {}, time: channel.site.clock.now(), to: target.name };
    target.socket.emit("pm", message);
    member.socket.emit("pm", message);
  }),
};

function clean(text: string): string {
  // oxlint wants no control characters in patterns; CyTube turns exactly these into spaces.
  const spaced = Array.from(text, (character) => (character < " " || character === "\u007f" ? " " : character));
  return spaced.slice(0, MAXIMUM_LENGTH).join("");
}

function say(channel: Channel, member: Member, text: string, meta: Readonly<Record<string, unknown>>): void {
  if (member.muted && !member.shadowMuted) {
    const warning = { action: "muted", msg: "You have been muted on this channel." };
    return member.socket.emit("noflood", warning);
  }
  const greentext = text.startsWith(">") ? { addClass: "greentext" } : {};
  const message = {
    username: member.name,
    msg: formatMessage(text, channel.filters, channel.options.enable_link_regex === true),
    meta: { ...meta, ...greentext },
    time: channel.site.clock.now(),
  };
  channel.note("chat", `<${member.name}> ${text}`);
  if (!member.shadowMuted) return channel.say(message);
  member.socket.emit("chatMsg", message);
  const shadow = { ...message, meta: { ...message.meta, shadow: true } };
  for (const viewer of channel.members)
    if (viewer !== member && effectiveRank(viewer) >= 2) viewer.socket.emit("chatMsg", shadow);
}

/** Mutes or unmutes; a shadow mute is told to moderators only. */
function mute(how: "mute" | "smute" | "unmute"): ChatCommand {
  return (channel, member, rest) => {
    if (!channel.may(member, "mute")) return;
    const target = channel.find(rest.split(" ")[0] ?? "");
    if (target === undefined) return complain(member, `Target user ${rest} not present.`);
    if (effectiveRank(target) >= effectiveRank(member))
      return complain(member, `/${how} failed - ${target.name} has equal or higher rank than you.`);
    const wasShadow = target.shadowMuted;
    target.muted = how === "mute";
    target.shadowMuted = how === "smute";
    const sendMeta = () => channel.sendMeta(target, (viewer) => how !== "smute" || effectiveRank(viewer) >= 2);
    if (how === "unmute") {
      channel.whisper(`${member.name} unmuted ${target.name.toLowerCase()}`);
      sendMeta();
    } else {
      sendMeta();
      channel.whisper(`${member.name} ${how === "smute" ? "shadow" : ""}muted ${target.name}`);
    }
    if (wasShadow) channel.note("mod", `${target.name} is no longer shadowmuted`);
  };
}

function complain(member: Member, msg: string): void {
  member.socket.emit("errorMsg", { msg });
}

/** Throws a user out when the member may. */
function expel(channel: Channel, member: Member, name: string, reason: string): boolean {
  const target = channel.find(name);
  if (target === undefined) return false;
  if (effectiveRank(target) >= effectiveRank(member)) {
    complain(member, `You do not have permission to kick ${target.name}`);
    return false;
  }
  kick(target, sanitizeText(reason));
  return true;
}

function ban(channel: Channel, member: Member, rest: string): void {
  if (!channel.may(member, "ban")) return;
  const [name = "", ...words] = rest.split(" ");
  const lower = name.toLowerCase();
  if (lower === member.name.toLowerCase()) return complain(member, "You can't ban yourself");
  if (channel.bans.some((each) => each.name === lower)) return complain(member, `${name} is already banned`);
  const rank = channel.site.accounts.get(lower)?.channelRanks.get(channel.name) ?? 0;
  if (rank >= effectiveRank(member)) return complain(member, `You don't have permission to ban ${name}`);
  channel.bans.push({ id: channel.nextBanId++, name: lower, reason: words.join(" "), bannedby: member.name });
  channel.whisper(`${member.name} namebanned ${lower}`);
  expel(channel, member, name, "You're banned!");
}

const commands: Readonly<Record<string, ChatCommand>> = {
  "/me": (channel, member, rest) => say(channel, member, rest, { addClass: "action", action: true }),
  "/sp": (channel, member, rest) => say(channel, member, rest, { addClass: "spoiler" }),
  "/say": (channel, member, rest) => {
    if (effectiveRank(member) >= 1.5)
      say(channel, member, rest, { addClass: "shout", addClassToNameAndTimestamp: true, forceShowName: true });
  },
  "/clear": (channel, member) => {
    if (!channel.may(member, "chatclear")) return;
    channel.clearBacklog();
    channel.broadcast("clearchat", { clearedBy: member.name });
  },
  "/afk": (channel, member) => channel.setAfk(member, !member.afk),
  "/mute": mute("mute"),
  "/smute": mute("smute"),
  "/unmute": mute("unmute"),
  "/unsmute": mute("unmute"),
  "/kick": (channel, member, rest) => {
    if (!channel.may(member, "kick")) return;
    const [name = "", ...words] = rest.split(" ");
    const target = channel.find(name);
    if (target === undefined) return complain(member, `Target user ${name} not present.`);
    if (expel(channel, member, name, words.join(" "))) channel.whisper(`${member.name} kicked ${target.name}`);
  },
  "/ban": ban,
  "/ipban": (channel, member, rest) => {
    const target = channel.find(rest.split(" ")[0] ?? "");
    ban(channel, member, rest);
    if (target !== undefined) channel.note("mod", `${member.name} banned ${cloak(target.ip)}`);
  },
};
