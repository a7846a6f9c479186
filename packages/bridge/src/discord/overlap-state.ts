import { hash } from "node:crypto";
import type { BusMessage } from "../bus/bus-message.ts";
import type { ReceivedDispatch } from "./dispatch-codec.ts";

/** Where in the stream a lane is. */
export type StreamPlace = Pick<BusMessage, "sequence" | "publishedAtMs">;

/** How often the same content has come. */
interface Sighting {
  readonly atMs: number;
  ofOld: number;
  ofNew: number;
  delivered: number;
  /** What the new generation brought before it took over, and the old one has not brought yet. */
  readonly held: ReceivedDispatch[];
}

/** What a lane remembers while two generations speak in it. */
export interface Overlap {
  readonly next: number;
  tookOver: boolean;
  /** Where the old generation ended. */
  ended: StreamPlace | undefined;
  /** The oldest place that has to be read again, from time to time. */
  readonly checkpoints: { readonly sequence: number; readonly atMs: number }[];
  readonly sightings: Map<string, Sighting>;
  /** All that is held, in order, and since when. */
  readonly held: Map<ReceivedDispatch, { readonly atMs: number; readonly sighting: Sighting }>;
}

/** What {@link sight} says of a dispatch: it is to be handled, or to be held back, or neither; and how many were no news. */
export interface Sight {
  readonly isNews: boolean;
  readonly isHeld: boolean;
  readonly repeated: number;
}

/** One generation is not further behind the other than this. */
export const SKEW_MS = 10_000;
/** What a sighting's partner may be away from it, and as much again for what the owner before held back. */
const WINDOW_MS = 2 * SKEW_MS;
const CHECKPOINT_MS = 1_000;
const SIGHTING_LIMIT = 20_000;
const HELD_LIMIT = 1_000;

const NEWS: Sight = { isNews: true, isHeld: false, repeated: 0 };
const REPEATED: Sight = { isNews: false, isHeld: false, repeated: 1 };
const HELD: Sight = { isNews: false, isHeld: true, repeated: 0 };

const INTERACTION = "INTERACTION_CREATE";
/** They begin or continue a session, and are no news of the world. */
const OF_SESSIONS: ReadonlySet<string> = new Set(["READY", "RESUMED"]);

/** The memory of a lane in which a second generation begins to speak. */
export function createOverlap(next: number): Overlap {
  return { next, tookOver: false, ended: undefined, checkpoints: [], sightings: new Map(), held: new Map() };
}

/** What two sessions are told of the same event. An interaction is known by its id: nothing of it may be done twice. */
function contentOf(received: ReceivedDispatch): string | undefined {
  try {
    const what =
      received.type === INTERACTION ? String((received.data() as { readonly id?: unknown }).id) : received.text();
    return hash("sha1", `${received.type} ${what}`, "base64");
  } catch {
    return undefined; // It cannot be read, which is for whoever handles it to say.
  }
}

function sightingOf({ sightings }: Overlap, content: string, atMs: number): Sighting {
  let sighting = sightings.get(content);
  if (sighting === undefined) sightings.set(content, (sighting = { atMs, ofOld: 0, ofNew: 0, delivered: 0, held: [] }));
  return sighting;
}

/** Counts a dispatch of one of the two generations. */
export function sight(state: Overlap, received: ReceivedDispatch, atMs: number): Sight {
  const isNew = received.generation === state.next;
  const isEarly = isNew && !state.tookOver;
  if (OF_SESSIONS.has(received.type)) return isEarly ? REPEATED : NEWS;
  const content = contentOf(received);
  if (content === undefined) return NEWS;
  const sighting = sightingOf(state, content, atMs);
  const count = isNew ? ++sighting.ofNew : ++sighting.ofOld;
  if (count <= sighting.delivered) return REPEATED;
  if (isEarly && received.type !== INTERACTION) {
    sighting.held.push(received);
    state.held.set(received, { atMs, sighting });
    return HELD;
  }
  sighting.delivered++;
  const other = sighting.held.shift();
  return other !== undefined && state.held.delete(other) ? { ...NEWS, repeated: 1 } : NEWS;
}

/** Takes what is due, or too much, from what is held; it counts as delivered. */
export function release(state: Overlap, isDue: (atMs: number) => boolean): ReceivedDispatch[] {
  const due: ReceivedDispatch[] = [];
  for (const [received, { atMs, sighting }] of state.held) {
    if (!isDue(atMs) && state.held.size <= HELD_LIMIT) break;
    state.held.delete(received);
    sighting.held.splice(sighting.held.indexOf(received), 1);
    sighting.delivered++;
    due.push(received);
  }
  return due;
}

/** Lets go of what is too old at this place; gives what was held for too long. */
export function advance(state: Overlap, { sequence, publishedAtMs: nowMs }: StreamPlace): ReceivedDispatch[] {
  const { checkpoints, sightings } = state;
  const last = checkpoints.at(-1);
  if (last === undefined || last.atMs <= nowMs - CHECKPOINT_MS) checkpoints.push({ sequence, atMs: nowMs });
  while (checkpoints[1] !== undefined && checkpoints[1].atMs < nowMs - WINDOW_MS) checkpoints.shift();
  const due = release(state, (atMs) => atMs < nowMs - SKEW_MS);
  for (const [content, { atMs, held }] of sightings) {
    if (held.length > 0 || (sightings.size <= SIGHTING_LIMIT && atMs >= nowMs - WINDOW_MS)) break;
    sightings.delete(content);
  }
  return due;
}

/** Whether nothing of the old generation can have a partner that is still to come. */
export function isOver({ ended }: Overlap, { publishedAtMs }: StreamPlace): boolean {
  return ended !== undefined && ended.publishedAtMs < publishedAtMs - SKEW_MS;
}
