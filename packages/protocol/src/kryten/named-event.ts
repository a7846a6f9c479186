import type { z } from "zod";
import { cytubeFrameSchemas } from "../cytube/index.ts";
import type { KrytenEvent, KrytenEventBase } from "./event.ts";

/** The part of a chat event that most services want. */
export const chatMessageEventSchema = cytubeFrameSchemas.chatMsg.transform(({ username, msg, time, meta }) => ({
  username,
  /** HTML, as CyTube sends it. */
  message: msg,
  /** Milliseconds since the Unix epoch, by CyTube's clock. */
  sentAtMs: time,
  /** Whether only moderators see it. */
  shadow: meta?.shadow === true,
}));

/** A chat message or private message by the names that kryten-py gives its parts. */
export type ChatMessageEvent = KrytenEventBase & z.infer<typeof chatMessageEventSchema>;

/** Somebody came; `rank` is a float. */
export interface UserJoinEvent extends KrytenEventBase {
  readonly username: string;
  readonly rank: number;
}

/** Somebody left. */
export interface UserLeaveEvent extends KrytenEventBase {
  readonly username: string;
}

/** Something else plays. */
export interface ChangeMediaEvent extends KrytenEventBase {
  readonly mediaType: string;
  readonly mediaId: string;
  readonly title: string;
  readonly durationSeconds: number;
}

function base({ channel, domain, timestamp, correlationId }: KrytenEventBase): KrytenEventBase {
  return { channel, domain, timestamp, correlationId };
}

/** A `chatMsg` or `pm` event as a {@link ChatMessageEvent}; undefined for any other event. */
export function toChatMessageEvent(event: KrytenEvent): ChatMessageEvent | undefined {
  if (!event.known || (event.eventName !== "chatMsg" && event.eventName !== "pm")) return undefined;
  return { ...base(event), ...chatMessageEventSchema.parse(event.payload) };
}

/** An `addUser` event as a {@link UserJoinEvent}; undefined for any other event. */
export function toUserJoinEvent(event: KrytenEvent): UserJoinEvent | undefined {
  if (!event.known || event.eventName !== "addUser") return undefined;
  return { ...base(event), username: event.payload.name, rank: event.payload.rank };
}

/** A `userLeave` event as a {@link UserLeaveEvent}; undefined for any other event. */
export function toUserLeaveEvent(event: KrytenEvent): UserLeaveEvent | undefined {
  if (!event.known || event.eventName !== "userLeave") return undefined;
  return { ...base(event), username: event.payload.name };
}

/** A `changeMedia` event as a {@link ChangeMediaEvent}; undefined for any other event. */
export function toChangeMediaEvent(event: KrytenEvent): ChangeMediaEvent | undefined {
  if (!event.known || event.eventName !== "changeMedia") return undefined;
  const { type, id, title, seconds } = event.payload;
  return { ...base(event), mediaType: type, mediaId: id, title, durationSeconds: seconds };
}
