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
  /** Called after every change. */
  readonly changed?: () => void;
}

/** Which tracks of a queue: those to come, those played (the latest first), or all in the order of playing. */
export type QueueView = "upcoming" | "history" | "all";

/** Options of {@link Queue.shuffle}. */
export interface ShuffleOptions {
  /** Whether requesters take turns, so that nobody's many tracks keep the others waiting. Defaults to false. */
  readonly fair?: boolean;
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
  /** The tracks of one view; at most `limit`. */
  view(kind: QueueView, limit?: number): readonly QueuedTrack[];
  /** Adds tracks; `LAVALINK_QUEUE_FULL` when not all fit, and then none is added. */
  add(tracks: Track | readonly Track[], options?: QueueAddOptions): void;
  /** Takes out the track at an index of `upcoming`. */
  remove(index: number): QueuedTrack;
  /** Moves a track between two indices of `upcoming`. */
  move(from: number, to: number): void;
  /** Takes out all waiting tracks and tells how many they were. */
  clear(): number;
  /** Puts the waiting tracks in random order. */
  shuffle(options?: ShuffleOptions): void;
  /** Takes out each waiting track that waits already, or plays, and tells how many they were. */
  dedupe(): number;
  /** Drops the waiting tracks before an index and gives the one that is next then; `player.skipTo` also plays it. */
  skipTo(index: number): QueuedTrack;
}

/** Everything that a queue holds. */
export interface QueueContents {
  readonly loop: LoopMode;
  readonly current: QueuedTrack | null;
  readonly upcoming: readonly QueuedTrack[];
  /** The latest first. */
  readonly history: readonly QueuedTrack[];
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
  /** Takes over what an earlier run of the process held. */
  restore(contents: QueueContents): void;
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
  const { maximumLength = 1000, historyLimit = 100, random = systemRandom, changed = () => {} } = options;
  let loop: LoopMode = "off";
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
      changed();
    };
    changed();
    return { track, undo };
  };

  const queue: PlayerQueue = {
    get loop() {
      return loop;
    },
    set loop(mode) {
      loop = mode;
      changed();
    },
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
    view(kind, limit = Infinity) {
      if (kind === "upcoming") return queue.upcoming(limit);
      if (kind === "history") return queue.history(limit);
      return [...past, ...(current === null ? [] : [current]), ...waiting].slice(0, limit);
    },
    add(tracks, { position = waiting.length, requesterId } = {}) {
      const list = "encoded" in tracks ? [tracks] : tracks;
      checkIndex("queue.add", position, waiting.length + 1);
      if (waiting.length + list.length > maximumLength) {
        const message = `queue.add: ${list.length} more do not fit; ${waiting.length} of ${maximumLength} places are taken.`;
        throw new LavalinkError("LAVALINK_QUEUE_FULL", message, { details: { length: waiting.length, maximumLength } });
      }
      waiting.splice(position, 0, ...list.map((track) => toQueuedTrack(track, requesterId)));
      changed();
    },
    remove(index) {
      checkIndex("queue.remove", index, waiting.length);
      const [removed] = waiting.splice(index, 1);
      changed();
      return removed as QueuedTrack;
    },
    move(from, to) {
      checkIndex("queue.move", from, waiting.length);
      checkIndex("queue.move", to, waiting.length);
      waiting.splice(to, 0, waiting.splice(from, 1)[0] as QueuedTrack);
      changed();
    },
    clear() {
      const { length } = waiting.splice(0);
      changed();
      return length;
    },
    shuffle({ fair = false } = {}) {
      waiting = fair ? takeTurns(random.shuffle(waiting)) : random.shuffle(waiting);
      changed();
    },
    dedupe() {
      const seen = new Set(current === null ? [] : [keyOf(current)]);
      const before = waiting.length;
      waiting = waiting.filter((track) => !seen.has(keyOf(track)) && seen.add(keyOf(track)));
      changed();
      return before - waiting.length;
    },
    skipTo(index) {
      checkIndex("skipTo", index, waiting.length);
      waiting.splice(0, index);
      changed();
      return waiting[0] as QueuedTrack;
    },
    advance(why) {
      const before = current;
      if (loop === "track" && why === "ended" && before !== null) return { track: before, undo: () => {} };
      const looped = loop === "queue" && before !== null;
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
        changed();
      };
      changed();
      return { track: previous, undo };
    },
    restore(contents) {
      loop = contents.loop;
      current = contents.current;
      waiting = [...contents.upcoming];
      past.splice(0, past.length, ...contents.history.toReversed());
    },
    finish: () => step(null, () => {}),
  };
  return queue;
}

/** Two encodings of one recording differ; its place does not. */
function keyOf({ info }: Track): string {
  return `${info.sourceName} ${info.identifier}`;
}

/** Round after round one track of each requester, who keep the order in which their first ones stand. */
function takeTurns(tracks: readonly QueuedTrack[]): QueuedTrack[] {
  const rounds: QueuedTrack[][] = [];
  const counts = new Map<string | null, number>();
  for (const track of tracks) {
    const round = counts.get(track.requesterId) ?? 0;
    counts.set(track.requesterId, round + 1);
    (rounds[round] ??= []).push(track);
  }
  return rounds.flat();
}
