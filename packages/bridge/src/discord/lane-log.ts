import type { EncodedDispatch } from "./dispatch-codec.ts";

/** A dispatch of a shard, by its session and its number there. */
export interface DispatchPosition {
  readonly sessionId: string;
  readonly sequence: number;
}

/** A dispatch and the session that it came in. */
export interface SessionDispatch extends EncodedDispatch, DispatchPosition {}

/** Dispatches of one session that travel in one message. */
export type DispatchRun = readonly [SessionDispatch, ...SessionDispatch[]];

/** The dispatches of one lane of a shard, in order: a few that the bus has, those that are on their way, those that wait. */
export interface LaneLog {
  /** The first dispatch that is on its way. */
  readonly underWay: SessionDispatch | undefined;
  add(dispatch: SessionDispatch): void;
  /** Puts those at the head of what waits on their way; undefined when nothing waits. */
  begin(): DispatchRun | undefined;
  /** The bus has what was on its way. */
  stored(): void;
  /** What was on its way cannot travel. */
  dropped(): void;
  /**
   * What follows on a dispatch in the same session, and the dispatch before it in this lane; undefined when there is nothing, and
   * when what follows is not known any more, or not known to follow.
   */
  after(position: DispatchPosition): { readonly run: DispatchRun; readonly previous: number } | undefined;
  /** Whether who has got to one dispatch has the other behind, perhaps in a session that is over. */
  isBehind(position: DispatchPosition | null, other: DispatchPosition): boolean;
  /** Who reads the lane has everything up to here: it is not kept any longer. */
  forget(position: DispatchPosition): void;
}

/** Each is handled once at most, which is kept track of by message. */
const ALONE: ReadonlySet<string> = new Set(["INTERACTION_CREATE"]);
const RUN_LIMIT = 256;
const RUN_LIMIT_CHARACTERS = 64 * 1024;
/** What is kept of a lane that the bus has, until its reader is known to have it. */
const KEPT_LIMIT = 1_000;
const KEPT_LIMIT_CHARACTERS = 128 * 1024;

/** The dispatches from one on that travel in one message. */
function runFrom(dispatches: readonly SessionDispatch[], start: number): DispatchRun | undefined {
  const first = dispatches[start];
  if (first === undefined) return undefined;
  const run: [SessionDispatch, ...SessionDispatch[]] = [first];
  if (ALONE.has(first.type)) return run;
  let characters = first.text.length;
  for (let index = start + 1; run.length < RUN_LIMIT; index++) {
    const next = dispatches[index];
    if (next === undefined || next.sessionId !== first.sessionId || ALONE.has(next.type)) break;
    characters += next.text.length;
    if (characters > RUN_LIMIT_CHARACTERS) break;
    run.push(next);
  }
  return run;
}

/** Whether one dispatch is the other or came after it, in the same session. */
export function reaches(position: DispatchPosition | null | undefined, goal: DispatchPosition): boolean {
  return position?.sessionId === goal.sessionId && position.sequence >= goal.sequence;
}

/** Builds a {@link LaneLog}; `before` is the last dispatch that the bus has already, if that is known. */
export function createLaneLog(before: DispatchPosition | undefined): LaneLog {
  /** The last dispatch before those that are kept. */
  let keptBefore = before;
  const kept: DispatchRun[] = [];
  let keptCount = 0;
  let keptCharacters = 0;
  let underWay: DispatchRun | undefined;
  const waiting: SessionDispatch[] = [];
  let newestSessionId: string | undefined;

  const isFull = (): boolean => keptCount > KEPT_LIMIT || keptCharacters > KEPT_LIMIT_CHARACTERS;
  const keep = (run: DispatchRun): void => {
    kept.push(run);
    keptCount += run.length;
    keptCharacters += charactersOf(run);
    while (isFull()) dropOldest();
  };
  const dropOldest = (): void => {
    const run = kept.shift() as DispatchRun;
    keptCount -= run.length;
    keptCharacters -= charactersOf(run);
    const last = lastOf(run);
    keptBefore = { sessionId: last.sessionId, sequence: last.sequence };
  };

  return {
    get underWay() {
      return underWay?.[0];
    },
    add(dispatch) {
      waiting.push(dispatch);
      newestSessionId = dispatch.sessionId;
    },
    begin() {
      underWay = runFrom(waiting, 0);
      if (underWay !== undefined) waiting.splice(0, underWay.length);
      return underWay;
    },
    stored() {
      if (underWay !== undefined) keep(underWay);
      underWay = undefined;
    },
    dropped() {
      underWay = undefined;
    },
    after(position) {
      const all = [...kept.flat(), ...(underWay ?? []), ...waiting];
      const index = all.findIndex(
        ({ sessionId, sequence }) => sessionId === position.sessionId && sequence > position.sequence,
      );
      const run = runFrom(all, index);
      const previous = index > 0 ? all[index - 1] : keptBefore;
      // Between the two there may be one that is not known here.
      if (run === undefined || previous === undefined || !reaches(position, previous)) return undefined;
      return { run, previous: previous.sequence };
    },
    isBehind: (position, other) =>
      reaches(position, other) || (position?.sessionId === newestSessionId && other.sessionId !== newestSessionId),
    forget(position) {
      while (kept[0] !== undefined && reaches(position, lastOf(kept[0]))) dropOldest();
    },
  };
}

const lastOf = (run: DispatchRun): SessionDispatch => run.at(-1) ?? run[0];
const charactersOf = (run: DispatchRun): number => run.reduce((sum, { text }) => sum + text.length, 0);
