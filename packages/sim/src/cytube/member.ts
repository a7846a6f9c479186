import { createHash } from "node:crypto";
import type { Clock } from "@antiphon/std";
import { createRateLimiter, type RateLimiter } from "./rate-limiter.ts";

/** The socket of a member, as far as a channel needs it. */
export interface MemberSocket {
  emit(event: string, ...args: readonly unknown[]): void;
  disconnect(): void;
}

/** A socket that has joined a channel; it has a name once it has logged in. */
export interface Member {
  readonly socket: MemberSocket;
  readonly ip: string;
  name: string;
  /** The rank that it has by its account here; -1 before it logs in. */
  accountRank: number;
  registered: boolean;
  leader: boolean;
  afk: boolean;
  muted: boolean;
  shadowMuted: boolean;
  profile: { image: string; text: string };
  readonly chatFloor: RateLimiter;
  queueLimiter: RateLimiter | undefined;
}

/** Builds a member that nobody knows yet. */
export function createMember(socket: MemberSocket, ip: string, clock: Clock): Member {
  return {
    socket,
    ip,
    name: "",
    accountRank: -1,
    registered: false,
    leader: false,
    afk: false,
    muted: false,
    shadowMuted: false,
    profile: { image: "", text: "" },
    chatFloor: createRateLimiter(20, 10, clock),
    queueLimiter: undefined,
  };
}

/** What counts for permissions: a leader has at least 1.5. */
export function effectiveRank({ accountRank, leader }: Member): number {
  return leader ? Math.max(accountRank, 1.5) : accountRank;
}

/** What a viewer may know of a member: moderators see shadow mutes, aliases and the cloaked address. */
export function metaFor(
  member: Member,
  viewerRank: number,
  aliases: readonly string[],
): Readonly<Record<string, unknown>> {
  const { afk, muted, shadowMuted, ip } = member;
  if (viewerRank < 2) return { afk, muted: muted && !shadowMuted };
  return { afk, muted: muted || shadowMuted, smuted: shadowMuted, aliases, ip: cloak(ip) };
}

/** An address as moderators see it: four parts from which nobody gets the address back. */
export function cloak(ip: string): string {
  const text = createHash("sha256").update(`cytube-simulator ${ip}`).digest("base64url");
  return [0, 3, 6, 9].map((at) => text.slice(at, at + 3)).join(".");
}
