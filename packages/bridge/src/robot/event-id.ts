import { createHash } from "node:crypto";
import { chatMessageKey, isCytubeFrame, type CytubeFrame } from "@antiphon/protocol/cytube";

/**
 * The id of a frame's event. A chat message has the same one whenever and by whomever it is published, so that a replay is
 * recognised; other frames cannot be told from their like, and get one by session and number.
 */
export function eventId(domain: string, channel: string, frame: CytubeFrame, session: string, number: number): string {
  const prefix = `cy:${domain}:${channel}`;
  if (!isCytubeFrame(frame, "chatMsg")) return `${prefix}:${session}:${number}`;
  return `${prefix}:chat:${frame.payload.time}:${hash(chatMessageKey(frame.payload)).slice(0, 20)}`;
}

/** An id as a UUID, as kryten's correlation ids are: version 8, whose bits are the maker's own. */
export function idAsUuid(id: string): string {
  const text = hash(id);
  const variant = "89ab".charAt(Number.parseInt(text.charAt(16), 16) % 4);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-8${text.slice(13, 16)}-${variant}${text.slice(17, 20)}-${text.slice(20, 32)}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
