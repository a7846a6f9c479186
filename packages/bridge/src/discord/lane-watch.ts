import { describeError } from "@antiphon/std";
import { bringDirectly, type DirectPathOptions } from "./direct-path.ts";
import type { DispatchPosition } from "./lane-log.ts";

/** Options of {@link watchLane}. */
export type LaneWatchOptions = Omit<DirectPathOptions, "goal" | "isStalled">;

/** Looks after the dispatches of one lane of a shard until their reader has them; see {@link watchLane}. */
export interface LaneWatch {
  /** What is under way has just left. */
  left(): void;
  /** The stream has everything up to this dispatch. */
  stored(last: DispatchPosition): void;
}

/**
 * After how long without an acknowledgement, or without a sign of the lane's owner, dispatches go to the owner directly. An
 * acknowledgement takes a millisecond, on a busy machine some hundred; an election takes seconds.
 */
const STALLED_MS = 750;
const LOOK_EVERY_MS = 250;

/**
 * Builds a {@link LaneWatch}. It asks the owner of a lane that is in use about once a second whether the stream brings it what it took:
 * not only a stream without a leader holds dispatches up, but also a reader whose server died. Then, and when the stream takes nothing,
 * dispatches go to the owner directly.
 */
export function watchLane(options: LaneWatchOptions): LaneWatch {
  const { log, lane, origin, clock, logger, signal } = options;
  let leftMs = 0;
  let newest: DispatchPosition | undefined;
  /** What the stream has, and the owner is not known to have; and since when. */
  let unconfirmed: { readonly position: DispatchPosition; readonly sinceMs: number } | undefined;
  let watching = false;

  const isOld = (sinceMs: number): boolean => clock.monotonicMs() - sinceMs >= STALLED_MS;
  const isStalled = (): boolean => log.underWay !== undefined && isOld(leftMs);
  /** What the owner should have got by now. */
  const overdue = (): DispatchPosition | undefined => {
    if (isStalled()) return log.underWay;
    return unconfirmed !== undefined && isOld(unconfirmed.sinceMs) ? unconfirmed.position : undefined;
  };
  const bring = async (goal: DispatchPosition): Promise<void> => {
    const streamed = await bringDirectly({ ...options, goal, isStalled });
    if (streamed !== null) log.forget(streamed);
    const isConfirmed = newest === undefined || log.isBehind(streamed, newest);
    unconfirmed = isConfirmed ? undefined : { position: newest as DispatchPosition, sinceMs: clock.monotonicMs() };
  };
  const look = async (): Promise<void> => {
    try {
      const goal = overdue();
      if (goal !== undefined) await bring(goal);
    } catch (error) {
      if (!signal.aborted)
        logger.warn("A lane cannot be brought directly.", { ...origin, lane, error: describeError(error) });
    }
    watching = false;
    if (log.underWay !== undefined || unconfirmed !== undefined) lookSoon();
  };
  const lookSoon = (): void => {
    if (watching || signal.aborted) return;
    watching = true;
    clock.setTimer(LOOK_EVERY_MS, () => void look(), { keepAlive: false });
  };

  return {
    left() {
      leftMs = clock.monotonicMs();
      lookSoon();
    },
    stored({ sessionId, sequence }) {
      newest = { sessionId, sequence };
      unconfirmed ??= { position: newest, sinceMs: clock.monotonicMs() };
    },
  };
}
