import type { GuildId } from "@antiphon/protocol/discord";
import { systemClock, type Clock } from "@antiphon/std";
import { eventChannel } from "../diagnostics.ts";
import type { LavalinkEvent } from "../event.ts";
import { listen } from "./listen.ts";
import { createRing, type Ring } from "./ring.ts";

/** Options of {@link createTimeline}. */
export interface TimelineOptions {
  /** As many events of a guild are kept. Defaults to 1,000. */
  readonly limit?: number;
  /** As many guilds are kept; the one whose first event is oldest gives way. Defaults to 1,000. */
  readonly guildLimit?: number;
  /** Which events are left out. Defaults to `playerUpdate`, which comes every few seconds. */
  readonly except?: readonly LavalinkEvent["type"][];
  readonly clock?: Clock;
}

/** An event with its moment. */
export interface TimelineEntry {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly event: LavalinkEvent;
}

/** Which entries of a timeline. */
export interface TimelineQuery {
  /** Only these types. */
  readonly types?: readonly LavalinkEvent["type"][];
  /** From this moment on, in milliseconds since the Unix epoch. */
  readonly fromMs?: number;
  /** Up to this moment and including it. */
  readonly toMs?: number;
  /** The latest so many. */
  readonly limit?: number;
}

/** What happened in a guild, counted. */
export interface TimelineReport {
  readonly totalEvents: number;
  /** Mean time between two events; 0 for fewer than two. */
  readonly averageGapMs: number;
  readonly longestGapMs: number;
  /** Null without events. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly countByType: Readonly<Partial<Record<LavalinkEvent["type"], number>>>;
  /** Why tracks ended. */
  readonly endReasons: Readonly<Record<string, number>>;
  /** Events that were kept no longer. */
  readonly dropped: number;
}

/** Records by itself what happens in every guild, until it is disposed. */
export interface Timeline extends Disposable {
  /** What happened in a guild, the oldest first. */
  entries(guildId: GuildId, query?: TimelineQuery): readonly TimelineEntry[];
  report(guildId: GuildId): TimelineReport;
}

/** Starts a {@link Timeline} of this process's clients. */
export function startTimeline(options: TimelineOptions = {}): Timeline {
  const { limit = 1000, guildLimit = 1000, except = ["playerUpdate"], clock = systemClock } = options;
  const guilds = new Map<GuildId, Ring<TimelineEntry>>();
  const ringOf = (guildId: GuildId): Ring<TimelineEntry> => {
    const known = guilds.get(guildId);
    if (known !== undefined) return known;
    const [oldest] = guilds.keys();
    if (guilds.size >= guildLimit && oldest !== undefined) guilds.delete(oldest);
    const ring = createRing<TimelineEntry>(limit);
    guilds.set(guildId, ring);
    return ring;
  };
  const subscription = listen(eventChannel, (message) => {
    const event = message as LavalinkEvent;
    if (!("guildId" in event) || event.guildId === null || except.includes(event.type)) return;
    ringOf(event.guildId).push({ atMs: clock.now(), event });
  });
  return {
    entries(guildId, { types, fromMs = -Infinity, toMs = Infinity, limit: latest = limit } = {}) {
      const all = guilds.get(guildId)?.items() ?? [];
      const found = all.filter(
        ({ atMs, event }) => atMs >= fromMs && atMs <= toMs && (types === undefined || types.includes(event.type)),
      );
      return found.slice(Math.max(0, found.length - latest));
    },
    report: (guildId) => reportOf(guilds.get(guildId)?.items() ?? [], guilds.get(guildId)?.dropped ?? 0),
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}

function reportOf(entries: readonly TimelineEntry[], dropped: number): TimelineReport {
  const countByType: Partial<Record<LavalinkEvent["type"], number>> = {};
  const endReasons: Record<string, number> = {};
  for (const { event } of entries) {
    countByType[event.type] = (countByType[event.type] ?? 0) + 1;
    if (event.type === "trackEnd") endReasons[event.reason] = (endReasons[event.reason] ?? 0) + 1;
  }
  const gapsMs = entries.slice(1).map(({ atMs }, index) => atMs - (entries[index]?.atMs ?? atMs));
  const sumMs = gapsMs.reduce((sum, gapMs) => sum + gapMs, 0);
  return {
    totalEvents: entries.length,
    averageGapMs: gapsMs.length === 0 ? 0 : sumMs / gapsMs.length,
    longestGapMs: gapsMs.reduce((longest, gapMs) => Math.max(longest, gapMs), 0),
    firstMs: entries[0]?.atMs ?? null,
    lastMs: entries.at(-1)?.atMs ?? null,
    countByType,
    endReasons,
    dropped,
  };
}
