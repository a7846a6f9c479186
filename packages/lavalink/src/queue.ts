import { systemRandom, type Random } from "@antiphon/std";
import { LavalinkError } from "./error.ts";
import type { QueuedTrack, Track } from "./track.ts";

/** What is repeated: nothing, the current track, or the whole queue. */
export type LoopMode = "off" | "track" | "queue";

/** Who changed a queue. */
export type QueueChange = "edit" | "step";

/** Options of {@link createQueue}. */
export interface QueueOptions {
  /** As many tracks wait at most. Defaults to 1,000. */
  readonly maximumLength?: number;
  /** As many played tracks are remembered; the oldest give way. Defaults to 100. */
  readonly historyLimit?: number;
  /** What shuffles. Defaults to the process's randomness. */
  readonly random?: Random;
  /** Called after every change: an edit is somebody's, a step is the player's own move to another track. */
  readonly changed?: (change: QueueChange) => void;
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

class ListQueue implements PlayerQueue {
  readonly #options: QueueOptions;
  #loop: LoopMode = "off";
  #current: QueuedTrack | null = null;
  #waiting: QueuedTrack[] = [];
  // The latest is last.
  readonly #past: QueuedTrack[] = [];

  constructor(options: QueueOptions) {
    this.#options = options;
  }
  get loop(): LoopMode {
    return this.#loop;
  }
  set loop(mode: LoopMode) {
    this.#loop = mode;
    this.#changed("edit");
  }
  get current(): QueuedTrack | null {
    return this.#current;
  }
  get length(): number {
    return this.#waiting.length;
  }
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }
  upcoming(limit = this.#waiting.length): readonly QueuedTrack[] {
    return this.#waiting.slice(0, limit);
  }
  history(limit = this.#past.length): readonly QueuedTrack[] {
    return this.#past.toReversed().slice(0, limit);
  }
  view(kind: QueueView, limit = Infinity): readonly QueuedTrack[] {
    if (kind === "upcoming") return this.upcoming(limit);
    if (kind === "history") return this.history(limit);
    const current = this.#current === null ? [] : [this.#current];
    return [...this.#past, ...current, ...this.#waiting].slice(0, limit);
  }
  add(tracks: Track | readonly Track[], options: QueueAddOptions = {}): void {
    const { position = this.#waiting.length, requesterId } = options;
    const { maximumLength = 1000 } = this.#options;
    const list = "encoded" in tracks ? [tracks] : tracks;
    const { length } = this.#waiting;
    this.#checkIndex("queue.add", position, length + 1);
    if (length + list.length > maximumLength) {
      const message = `queue.add: ${list.length} more do not fit; ${length} of ${maximumLength} places are taken.`;
      throw new LavalinkError("LAVALINK_QUEUE_FULL", message, { details: { length, maximumLength } });
    }
    this.#waiting.splice(position, 0, ...list.map((track) => toQueuedTrack(track, requesterId)));
    this.#changed("edit");
  }
  remove(index: number): QueuedTrack {
    this.#checkIndex("queue.remove", index, this.#waiting.length);
    const [removed] = this.#waiting.splice(index, 1);
    this.#changed("edit");
    return removed as QueuedTrack;
  }
  move(from: number, to: number): void {
    this.#checkIndex("queue.move", from, this.#waiting.length);
    this.#checkIndex("queue.move", to, this.#waiting.length);
    this.#waiting.splice(to, 0, this.#waiting.splice(from, 1)[0] as QueuedTrack);
    this.#changed("edit");
  }
  clear(): number {
    const { length } = this.#waiting.splice(0);
    this.#changed("edit");
    return length;
  }
  shuffle({ fair = false }: ShuffleOptions = {}): void {
    const { random = systemRandom } = this.#options;
    const shuffled = random.shuffle(this.#waiting);
    this.#waiting = fair ? takeTurns(shuffled) : shuffled;
    this.#changed("edit");
  }
  dedupe(): number {
    const seen = new Set(this.#current === null ? [] : [keyOf(this.#current)]);
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((track) => !seen.has(keyOf(track)) && seen.add(keyOf(track)));
    this.#changed("edit");
    return before - this.#waiting.length;
  }
  skipTo(index: number): QueuedTrack {
    this.#checkIndex("skipTo", index, this.#waiting.length);
    this.#waiting.splice(0, index);
    this.#changed("edit");
    return this.#waiting[0] as QueuedTrack;
  }
  advance(why: "ended" | "skip"): QueueStep {
    const before = this.#current;
    if (this.#loop === "track" && why === "ended" && before !== null) return { track: before, undo: () => {} };
    const looped = this.#loop === "queue" && before !== null;
    if (looped) this.#waiting.push(before);
    const next = this.#waiting.shift();
    return this.#step(next ?? null, () => {
      if (looped && this.#waiting.at(-1) === before) this.#waiting.pop();
      if (next !== undefined) this.#waiting.unshift(next);
    });
  }
  begin(track: QueuedTrack): QueueStep {
    return this.#step(track, () => {});
  }
  back(): QueueStep | undefined {
    const previous = this.#past.pop();
    if (previous === undefined) return undefined;
    const before = this.#current;
    this.#current = previous;
    if (before !== null) this.#waiting.unshift(before);
    const undo = () => {
      if (this.#current !== previous) return;
      this.#current = before;
      if (before !== null && this.#waiting[0] === before) this.#waiting.shift();
      this.#past.push(previous);
      this.#changed("step");
    };
    this.#changed("step");
    return { track: previous, undo };
  }
  restore(contents: QueueContents): void {
    this.#loop = contents.loop;
    this.#current = contents.current;
    this.#waiting = [...contents.upcoming];
    this.#past.splice(0, this.#past.length, ...contents.history.toReversed());
  }
  finish(): QueueStep {
    return this.#step(null, () => {});
  }

  #changed(change: QueueChange): void {
    this.#options.changed?.(change);
  }
  #checkIndex(operation: string, index: number, limit: number): void {
    if (Number.isInteger(index) && index >= 0 && index < limit) return;
    const { length } = this.#waiting;
    const message = `${operation}: there is no index ${index} in a queue of ${length}. Use 0 to ${limit - 1}.`;
    throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", message, { details: { index, length } });
  }
  #remember(track: QueuedTrack): void {
    this.#past.push(track);
    if (this.#past.length > (this.#options.historyLimit ?? 100)) this.#past.shift();
  }
  #step(track: QueuedTrack | null, undoMore: () => void): QueueStep {
    const before = this.#current;
    if (before !== null) this.#remember(before);
    this.#current = track;
    const undo = () => {
      if (this.#current !== track) return;
      this.#current = before;
      if (before !== null && this.#past.at(-1) === before) this.#past.pop();
      undoMore();
      this.#changed("step");
    };
    this.#changed("step");
    return { track, undo };
  }
}

/** Builds an empty {@link PlayerQueue}. */
export function createQueue(options: QueueOptions = {}): PlayerQueue {
  return new ListQueue(options);
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
