import type { Dispatch } from "@antiphon/protocol/discord";
import { guildIdsOf } from "./guild-intake.ts";

/**
 * Finds out which dispatches of a new fleet are news. For a while both fleets get every event, each in its own time, so what the old
 * one has delivered is recognised by its content, as often as it came.
 */
export interface Handover {
  /** The old fleet delivered this. */
  delivered(dispatch: Dispatch): void;
  /** The new fleet got this while the old one was in charge. */
  offered(dispatch: Dispatch): void;
  /** The new fleet takes over; gives what it got and the old one did not deliver, in order. */
  takeOver(): readonly Dispatch[];
  /** Whether this, which the new fleet got after it took over, was not delivered by the old one. */
  isNews(dispatch: Dispatch): boolean;
  /** Whether the fleets can no longer overlap. */
  readonly isOver: boolean;
}

/** One fleet is not further behind the other than this. */
const SKEW_MS = 10_000;
/** How many dispatches are remembered at most; in a hurry, the oldest are forgotten. */
const LIMIT = 50_000;

interface Sighting {
  readonly atMs: number;
  /** How often the old fleet delivered it and the new one did not get it. */
  ahead: number;
  /** What the new fleet got and the old one did not deliver. */
  readonly waiting: Dispatch[];
}

const contentOf = ({ type, data }: Dispatch) => `${type} ${JSON.stringify(data)}`;

/**
 * Builds a {@link Handover}; `nowMs` is a clock that never jumps. `hasLost` tells of which guilds the old fleet no longer hears, so
 * that what the new sessions tell of them is news.
 */
export function createHandover(nowMs: () => number, hasLost: (guildId: unknown) => boolean = () => false): Handover {
  const sightings = new Map<string, Sighting>();
  /** Guilds that a READY announced; their GUILD_CREATE is no news. */
  const announced = new Set<unknown>();
  let tookOverAtMs: number | undefined;

  const sightingOf = (content: string): Sighting => {
    for (const [oldest, { atMs }] of sightings) {
      if (sightings.size < LIMIT && atMs > nowMs() - SKEW_MS) break;
      sightings.delete(oldest);
    }
    let sighting = sightings.get(content);
    if (sighting === undefined) sightings.set(content, (sighting = { atMs: nowMs(), ahead: 0, waiting: [] }));
    return sighting;
  };
  /** Whether it belongs to the start of the new sessions. */
  const isBeginning = ({ type, data }: Dispatch): boolean => {
    if (type === "READY") for (const id of guildIdsOf(data)) announced.add(id);
    if (type === "READY" || type === "RESUMED") return true;
    if (type !== "GUILD_CREATE") return false;
    const guildId = (data as { readonly id?: unknown } | null)?.id;
    return announced.delete(guildId) && !hasLost(guildId);
  };

  return {
    delivered(dispatch) {
      const sighting = sightingOf(contentOf(dispatch));
      if (sighting.waiting.shift() === undefined) sighting.ahead++;
    },
    offered(dispatch) {
      if (isBeginning(dispatch)) return;
      const sighting = sightingOf(contentOf(dispatch));
      if (sighting.ahead > 0) sighting.ahead--;
      else sighting.waiting.push(dispatch);
    },
    takeOver() {
      tookOverAtMs = nowMs();
      const missing = [...sightings.values()].flatMap(({ waiting }) => waiting.splice(0));
      return missing.toSorted((left, right) => left.shardId - right.shardId || left.sequence - right.sequence);
    },
    isNews(dispatch) {
      if (isBeginning(dispatch)) return false;
      const sighting = sightings.get(contentOf(dispatch));
      if (sighting === undefined || sighting.ahead === 0) return true;
      sighting.ahead--;
      return false;
    },
    get isOver() {
      return tookOverAtMs !== undefined && nowMs() > tookOverAtMs + SKEW_MS;
    },
  };
}
