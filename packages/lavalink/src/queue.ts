import { systemRandom, type Random } from "@antiphon/std";
import { LavalinkError } from "./error.ts";
import type { QueuedTrack, Track } from "./track.ts";

/** What is repeated: nothing, the current track, or the whole queue. */
export type LoopMode = "off" | "track" | "queue";

/** Options of {@link createQueue}. */
export interface QueueOptions {
  /** As many tracks wait at most. Defaults to 1,000. */
  readonly maximumLength?: number;
  /** As many played tracks are remembered; the oldest give way. Defaults to 100. */
  readonly historyLimit?: number;
  /** What shuffles. Defaults to the process's randomness. */
  readonly random?: Random;
}

/** Options of {@link Queue.add}. */
export interface QueueAddOptions {
  /** Index in `upcoming` before which they go. Defaults to the end. */
  readonly position?: number;
  /** Who asked for them. */
  readonly requesterId?: string;
}

/** The tracks of one player: what was played, what plays, what comes. It only keeps order; the player plays. */
export interface Queue {
  /** What plays, or null. */
  readonly current: QueuedTrack | null;
  /** How many tracks wait. */
  readonly length: number;
  readonly isEmpty: boolean;
  /** What is repeated. Defaults to `off`. */
  loop: LoopMode;
  /** The next tracks, the next first; at most `limit`. */
  upcoming(limit?: number): readonly QueuedTrack[];
  /** The tracks before the current one, the latest first; at most `limit`. */
  history(limit?: number): readonly QueuedTrack[];
  /** Adds tracks; `LAVALINK_QUEUE_FULL` when not all fit, and then none is added. */
  add(tracks: Track | readonly Track[], options?: QueueAddOptions): void;
  /** Takes out the track at an index of `upcoming`. */
  remove(index: number): QueuedTrack;
  /** Moves a track between two indices of `upcoming`. */
  move(from: number, to: number): void;
  /** Takes out all waiting tracks and tells how many they were. */
  clear(): number;
  /** Puts the waiting tracks in random order. */
  shuffle(): void;
}

/** A change of the current track that can be taken back. */
export interface QueueStep {
  /** What is current now. */
  readonly track: QueuedTrack | null;
  /** Makes the track before current again; does nothing once another step has followed. */
  undo(): void;
}

/** A {@link Queue} with the moves that only its player may make. */
export interface PlayerQueue extends Queue {
  /** Makes the next track current, or none; `skip` leaves a looped track behind. */
  advance(why: "ended" | "skip"): QueueStep;
  /** Makes this track current; the one before goes to the history. */
  begin(track: QueuedTrack): QueueStep;
  /** Makes the latest of the history current, and puts the current one back in front; undefined without history. */
  back(): QueueStep | undefined;
  /** Drops the waiting tracks before an index. */
  dropUntil(index: number): void;
  /** Nothing plays any more; what played goes to the history. */
  finish(): QueueStep;
}

/** A track with its requester. */
export function toQueuedTrack(track: Track, requesterId?: string): QueuedTrack {
  const known = "requesterId" in track && typeof track.requesterId === "string" ? track.requesterId : null;
  return { ...track, requesterId: requesterId ?? known };
}

/** Builds an empty {@link PlayerQueue}. */
export function createQueue(options: QueueOptions = {}): PlayerQueue {
  const { maximumLength = 1000, historyLimit = 100, random = systemRandom } = options;
  let current: QueuedTrack | null = null;
  let waiting: QueuedTrack[] = [];
  // The latest is last.
  const past: QueuedTrack[] = [];

  const checkIndex = (operation: string, index: number, limit: number) => {
    if (Number.isInteger(index) && index >= 0 && index < limit) return;
    const message = `${operation}: there is no index ${index} in a queue of ${waiting.length}. Use 0 to ${limit - 1}.`;
    throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", message, { details: { index, length: waiting.length } });
  };
  const remember = (track: QueuedTrack) => {
    past.push(track);
    if (past.length > historyLimit) past.shift();
  };
  const step = (track: QueuedTrack | null, undoMore: () => void): QueueStep => {
    const before = current;
    if (before !== null) remember(before);
    current = track;
    const undo = () => {
      if (current !== track) return;
      current = before;
      if (before !== null && past.at(-1) === before) past.pop();
      undoMore();
    };
    return { track, undo };
  };

  const queue: PlayerQueue = {
    loop: "off",
    get current() {
      return current;
    },
    get length() {
      return waiting.length;
    },
    get isEmpty() {
      return waiting.length === 0;
    },
    upcoming: (limit = waiting.length) => waiting.slice(0, limit),
    history: (limit = past.length) => past.toReversed().slice(0, limit),
    add(tracks, { position = waiting.length, requesterId } = {}) {
      const list = "encoded" in tracks ? [tracks] : tracks;
      checkIndex("queue.add", position, waiting.length + 1);
      if (waiting.length + list.length > maximumLength) {
        const message = `queue.add: ${list.length} more do not fit; ${waiting.length} of ${maximumLength} places are taken.`;
        throw new LavalinkError("LAVALINK_QUEUE_FULL", message, { details: { length: waiting.length, maximumLength } });
      }
      waiting.splice(position, 0, ...list.map((track) => toQueuedTrack(track, requesterId)));
    },
    remove(index) {
      checkIndex("queue.remove", index, waiting.length);
      return waiting.splice(index, 1)[0] as QueuedTrack;
    },
    move(from, to) {
      checkIndex("queue.move", from, waiting.length);
      checkIndex("queue.move", to, waiting.length);
      waiting.splice(to, 0, waiting.splice(from, 1)[0] as QueuedTrack);
    },
    clear: () => waiting.splice(0).length,
    shuffle() {
      waiting = random.shuffle(waiting);
    },
    advance(why) {
      const before = current;
      if (queue.loop === "track" && why === "ended" && before !== null) return { track: before, undo: () => {} };
      const looped = queue.loop === "queue" && before !== null;
      if (looped) waiting.push(before);
      const next = waiting.shift();
      return step(next ?? null, () => {
        if (looped && waiting.at(-1) === before) waiting.pop();
        if (next !== undefined) waiting.unshift(next);
      });
    },
    begin: (track) => step(track, () => {}),
    back() {
      const previous = past.pop();
      if (previous === undefined) return undefined;
      const before = current;
      current = previous;
      if (before !== null) waiting.unshift(before);
      const undo = () => {
        if (current !== previous) return;
        current = before;
        if (before !== null && waiting[0] === before) waiting.shift();
        past.push(previous);
      };
      return { track: previous, undo };
    },
    dropUntil(index) {
      checkIndex("skipTo", index, waiting.length);
      waiting.splice(0, index);
    },
    finish: () => step(null, () => {}),
  };
  return queue;
}
