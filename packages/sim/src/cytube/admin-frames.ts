import type { Channel } from "./channel.ts";
import { frame, kick, type FrameHandler } from "./frame-handler.ts";
import { effectiveRank, type Member } from "./member.ts";
import { sanitizeHtml, sanitizeText, type SimulatedFilter } from "./sanitize.ts";

const MAXIMUM_CUSTOM_LENGTH = 20_000;

/** Kicks a member that asks for what it should not even try. */
function guard(member: Member, needed: number, name: string): boolean {
  if (effectiveRank(member) >= needed) return true;
  kick(member, `Attempted ${name} with insufficient permission`);
  return false;
}

function emoteSource(name: string): string {
  return `(^|\\s)${name.replace(/[\\.?+*$^|()[\]{}]/g, "\\$&")}(?!\\S)`;
}

function isFilter({ source, flags }: SimulatedFilter): boolean {
  try {
    return new RegExp(source, flags) instanceof RegExp;
  } catch {
    return false; // A pattern that is none; CyTube refuses it too.
  }
}

const filterShape = {
  name: "string",
  source: "string",
  flags: "string",
  replace: "string",
  active: "boolean",
  filterlinks: "boolean",
};

function packFilter({ name, source, flags, replace, active, filterlinks }: SimulatedFilter): SimulatedFilter {
  return { name, source, replace, flags, active, filterlinks };
}

function setOption(channel: Channel, member: Member, key: string, value: unknown): boolean {
  const before = channel.options[key];
  if (before === undefined && key !== "password") return false;
  if (key === "password") {
    if (effectiveRank(member) < 3) return false;
    channel.options.password = typeof value === "string" && value !== "" ? value : false;
    return true;
  }
  if (typeof before === "number") {
    const target = { target: `#cs-${key}` };
    const number = Number(value);
    const inRange = key === "voteskip_ratio" ? number >= 0 && number <= 1 : number >= 0;
    if (!Number.isFinite(number) || !inRange) {
      member.socket.emit("validationError", { ...target, message: "Input must be a number in range" });
      return false;
    }
    channel.options[key] = number;
    // Only this one is told to have passed.
    if (key === "voteskip_ratio") member.socket.emit("validationPassed", target);
    return true;
  }
  if (typeof before !== typeof value) return false;
  channel.options[key] = value;
  return true;
}

function setChannelRank(channel: Channel, member: Member, { name, rank }: { name: string; rank: number }): void {
  const own = effectiveRank(member);
  const fail = (msg: string) => member.socket.emit("channelRankFail", { msg });
  if (own < 3) return;
  if (rank < 1 || (rank >= own && !(own === 4 && rank === 4)))
    return fail(
      `Updating user rank failed: You can't promote someone to a rank equal or higher than yourself, or demote them to below rank 1.`,
    );
  const target = channel.find(name);
  const account = channel.site.accounts.get(name.toLowerCase());
  const before = account?.channelRanks.get(channel.name) ?? target?.accountRank ?? 0;
  if (before >= own && !(own === 4 && before === 4))
    return fail(
      "Updating user rank failed: You can't change the rank of someone who is ranked equal or higher than yourself.",
    );
  if (account !== undefined) account.channelRanks.set(channel.name, rank);
  if (target !== undefined) {
    target.accountRank = rank;
    channel.sendRank(target);
  }
  if (account === undefined)
    fail(
      "The user you promoted is not a registered account.  Any rank changes are temporary and not stored in the database.",
    );
}

/** Emotes, filters, settings, ranks and bans. */
export const adminFrames: Readonly<Record<string, FrameHandler>> = {
  setMotd: frame({ motd: "string" }, (channel, member, { motd }: { motd: string }) => {
    if (!channel.may(member, "motdedit")) return;
    channel.motd = sanitizeHtml(motd);
    channel.broadcast("setMotd", channel.motd);
  }),
  setChannelCSS: frame({ css: "string" }, (channel, member, { css }: { css: string }) => {
    if (!guard(member, 3, "setChannelCSS")) return;
    channel.css = css.slice(0, MAXIMUM_CUSTOM_LENGTH);
    channel.broadcast("channelCSSJS", channel.customization());
  }),
  setChannelJS: frame({ js: "string" }, (channel, member, { js }: { js: string }) => {
    if (!guard(member, 3, "setChannelJS")) return;
    channel.js = js.slice(0, MAXIMUM_CUSTOM_LENGTH);
    channel.broadcast("channelCSSJS", channel.customization());
  }),
  setOptions: frame("object", (channel, member, settings: Record<string, unknown>) => {
    if (!guard(member, 2, "setOptions")) return;
    const changed = Object.entries(settings).map(([key, value]) => setOption(channel, member, key, value));
    if (changed.includes(true)) channel.broadcast("channelOpts", channel.options);
  }),
  setPermissions: frame("object", (channel, member, permissions: Record<string, unknown>) => {
    if (!guard(member, 3, "setPermissions")) return;
    for (const [node, rank] of Object.entries(permissions))
      if (node in channel.permissions && typeof rank === "number") channel.permissions[node] = rank;
    channel.broadcast("setPermissions", channel.permissions);
  }),
  updateEmote: frame({ name: "string", image: "string" }, (channel, member, data: { name: string; image: string }) => {
    if (!channel.may(member, "emoteedit")) return;
    const emote = { name: sanitizeText(data.name), image: sanitizeText(data.image), source: emoteSource(data.name) };
    const known = channel.emotes.findIndex(({ name }) => name === emote.name);
    if (known === -1) channel.emotes.push(emote);
    else channel.emotes[known] = emote;
    channel.broadcast("updateEmote", emote);
  }),
  removeEmote: frame({ name: "string" }, (channel, member, { name }: { name: string }) => {
    if (!channel.may(member, "emoteedit")) return;
    channel.emotes = channel.emotes.filter((emote) => emote.name !== name);
    channel.broadcast("removeEmote", { name });
  }),
  requestChatFilters: frame(undefined, (channel, member) => {
    if (channel.may(member, "filteredit")) member.socket.emit("chatFilters", channel.filters);
  }),
  addFilter: frame(filterShape, (channel, member, filter: SimulatedFilter) => {
    if (!channel.may(member, "filteredit")) return;
    if (!isFilter(filter))
      return member.socket.emit("errorMsg", { msg: `Invalid regex: ${filter.source}`, alert: true });
    if (channel.filters.some(({ name }) => name === filter.name)) {
      const msg = `Filter '${filter.name}' already exists.  Please choose another name or edit the existing filter.`;
      return member.socket.emit("errorMsg", { msg, alert: true });
    }
    channel.filters.push(packFilter(filter));
    member.socket.emit("addFilterSuccess");
    channel.tell(3, "updateChatFilter", packFilter(filter));
  }),
  updateFilter: frame(filterShape, (channel, member, filter: SimulatedFilter) => {
    if (!channel.may(member, "filteredit")) return;
    const known = channel.filters.findIndex(({ name }) => name === filter.name);
    if (known === -1)
      return member.socket.emit("errorMsg", { msg: `Filter '${filter.name}' does not exist.`, alert: true });
    if (!isFilter(filter))
      return member.socket.emit("errorMsg", { msg: `Invalid regex: ${filter.source}`, alert: true });
    channel.filters[known] = packFilter(filter);
    channel.tell(3, "updateChatFilter", packFilter(filter));
  }),
  removeFilter: frame({ name: "string" }, (channel, member, { name }: { name: string }) => {
    if (!channel.may(member, "filteredit")) return;
    channel.filters = channel.filters.filter((filter) => filter.name !== name);
    channel.tell(3, "deleteChatFilter", { name });
  }),
  requestBanlist: frame(undefined, (channel, member) => {
    if (!channel.may(member, "ban")) return;
    const list = channel.bans.map(({ id, name, reason, bannedby }) => ({ id, ip: "*", name, reason, bannedby }));
    member.socket.emit("banlist", list);
  }),
  unban: frame({ id: "number", name: "string" }, (channel, member, { id }: { id: number; name: string }) => {
    if (!channel.may(member, "ban")) return;
    const index = channel.bans.findIndex((each) => each.id === id);
    const [removed] = index === -1 ? [] : channel.bans.splice(index, 1);
    if (removed === undefined) return;
    for (const viewer of channel.members)
      if (channel.may(viewer, "ban")) viewer.socket.emit("banlistRemove", { id, name: removed.name });
    channel.whisper(`${member.name} unbanned ${removed.name}`);
  }),
  requestChannelRanks: frame(undefined, (channel, member) => {
    if (effectiveRank(member) < 3) return;
    const ranks = [...channel.site.accounts.values()].flatMap(({ name, channelRanks }) => {
      const rank = channelRanks.get(channel.name);
      return rank === undefined ? [] : [{ name, rank, channel: channel.name }];
    });
    member.socket.emit("channelRanks", ranks);
  }),
  setChannelRank: frame({ name: "string", rank: "number" }, setChannelRank),
  readChanLog: frame(undefined, (channel, member) => {
    if (guard(member, 3, "readChanLog"))
      member.socket.emit("readChanLog", { success: true, data: channel.log.join("\n") });
  }),
};
