import type { GuildId } from "@antiphon/protocol/discord";
import type { LavalinkEvent } from "../event.ts";

/** Something that came of commands, in a form that compares. */
export interface PlaybackOutcome {
  readonly guildId: GuildId;
  readonly type: "trackStart" | "trackEnd" | "trackException" | "trackStuck" | "queueEmpty";
  /** The track's identifier; null where it is about none. */
  readonly track: string | null;
  /** Why it ended. */
  readonly reason: string | null;
}

/** A place at which two runs differ. */
export interface PlaybackDifference {
  readonly guildId: GuildId;
  /** How many outcomes of the guild came before it. */
  readonly index: number;
  /** Null when nothing was expected any more. */
  readonly expected: PlaybackOutcome | null;
  /** Null when nothing came. */
  readonly actual: PlaybackOutcome | null;
}

/** The outcome that an event is; undefined for events that commands do not bring about. */
export function outcomeOf(event: LavalinkEvent): PlaybackOutcome | undefined {
  switch (event.type) {
    case "queueEmpty":
      return { guildId: event.guildId, type: event.type, track: null, reason: null };
    case "trackStart":
    case "trackEnd":
    case "trackException":
    case "trackStuck": {
      const reason = event.type === "trackEnd" ? event.reason : null;
      return { guildId: event.guildId, type: event.type, track: event.track.info.identifier, reason };
    }
    default:
      return undefined;
  }
}

/** Where the outcomes of two runs differ, guild by guild: their orders between guilds mean nothing. */
export function differencesOf(
  expected: readonly PlaybackOutcome[],
  actual: readonly PlaybackOutcome[],
): readonly PlaybackDifference[] {
  const guildIds = new Set([...expected, ...actual].map(({ guildId }) => guildId));
  return [...guildIds].flatMap((guildId) => {
    const [own, other] = [expected, actual].map((list) => list.filter((each) => each.guildId === guildId));
    const length = Math.max(own?.length ?? 0, other?.length ?? 0);
    return Array.from({ length }, (_, index) => ({
      guildId,
      index,
      expected: own?.[index] ?? null,
      actual: other?.[index] ?? null,
    })).filter((pair) => !areSame(pair.expected, pair.actual));
  });
}

function areSame(left: PlaybackOutcome | null, right: PlaybackOutcome | null): boolean {
  return left?.type === right?.type && left?.track === right?.track && left?.reason === right?.reason;
}
