import type { CytubeFrame } from "@antiphon/protocol/cytube";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A frame's payload without what is nobody's business on a bus: addresses and aliases, which CyTube shows moderators, and the
 * channel's password, which it shows everybody.
 */
export function redactPayload({ name, payload }: Pick<CytubeFrame, "name" | "payload">): unknown {
  switch (name) {
    case "userlist":
      return Array.isArray(payload) ? payload.map(withoutPrivateMeta) : payload;
    case "addUser":
    case "setUserMeta":
      return withoutPrivateMeta(payload);
    case "channelOpts":
      return isFields(payload) && typeof payload.password === "string" ? { ...payload, password: true } : payload;
    case "banlist":
      return Array.isArray(payload)
        ? payload.map((ban: unknown) => (isFields(ban) ? { ...ban, ip: "*" } : ban))
        : payload;
    case "readChanLog":
      return isFields(payload) && typeof payload.data === "string"
        ? { ...payload, data: redactLog(payload.data) }
        : payload;
    case "chatMsg":
      return withoutAliases(payload);
    default:
      return payload;
  }
}

/** What CyTube makes of an address: parts of a base64 hash, three or four of three letters, or four of four; a range has a star. */
const CLOAKED_ADDRESS =
  /(?<![\w+/.-])[\w+/-]{3}\.[\w+/-]{3}(?:\.(?:[\w+/-]{3}|\*)){1,2}(?![\w+/-])|(?<![\w+/-])[\w+/-]{4}(?::(?:[\w+/-]{4}|\*)){3}(?![\w+/-])/g;
const BARE_ADDRESS =
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w])|(?<!\w)(?:[\da-f]{1,4}:){4,7}[\da-f]{1,4}(?!\w)|(?<!\w)(?:[\da-f]{1,4}:){1,6}(?::[\da-f]{1,4}){1,6}(?!\w)/gi;

/** A channel's log without cloaked or bare addresses and aliases. */
export function redactLog(text: string): string {
  return text
    .replace(BARE_ADDRESS, "[address]")
    .replace(CLOAKED_ADDRESS, "[address]")
    .replace(/\(aliases: [^)]*\)/g, "(aliases: [redacted])");
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutPrivateMeta(user: unknown): unknown {
  if (!isFields(user) || !isFields(user.meta)) return user;
  const { ip: _ip, aliases: _aliases, ...meta } = user.meta;
  return { ...user, meta };
}

/** The server whispers the aliases of everybody who comes. */
function withoutAliases(message: unknown): unknown {
  if (!isFields(message) || message.username !== "[server]" || typeof message.msg !== "string") return message;
  return { ...message, msg: message.msg.replace(/\(aliases: [^)]*\)/g, "(aliases: [redacted])") };
}
