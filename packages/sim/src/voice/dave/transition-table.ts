import type { Clock, Timer } from "@antiphon/std";

/** The transitions that wait until all members are ready. */
export interface TransitionTable {
  /** Begins a transition among some members and gives its number, 1 to 65,535. */
  begin(userIds: readonly string[]): number;
  /** Notes that a member is ready for a transition. */
  ready(userId: string, transitionId: number): void;
  /** Waits for a member no longer. */
  forget(userId: string): void;
  /** Gives up all of them. */
  cancel(): void;
}

/** Options of {@link createTransitionTable}. */
export interface TransitionTableOptions {
  readonly clock: Clock;
  /** How long a transition waits for everybody. */
  readonly timeoutMs: number;
  /** Told when everybody is ready, or the time is up. */
  readonly onExecute: (transitionId: number) => void;
}

/** Number 0 is the first transition of a group, which nobody waits for. */
const LAST_TRANSITION_ID = 0xffff;

/** Builds an empty {@link TransitionTable}. */
export function createTransitionTable({ clock, timeoutMs, onExecute }: TransitionTableOptions): TransitionTable {
  const transitions = new Map<number, { readonly waiting: Set<string>; readonly timer: Timer }>();
  let lastId = 0;
  const execute = (transitionId: number) => {
    transitions.get(transitionId)?.timer.cancel();
    if (transitions.delete(transitionId)) onExecute(transitionId);
  };
  const ready = (userId: string, transitionId: number) => {
    const transition = transitions.get(transitionId);
    if (transition?.waiting.delete(userId) === true && transition.waiting.size === 0) execute(transitionId);
  };
  return {
    begin(userIds) {
      lastId = (lastId % LAST_TRANSITION_ID) + 1;
      const transitionId = lastId;
      const timer = clock.setTimer(timeoutMs, () => execute(transitionId));
      transitions.set(transitionId, { waiting: new Set(userIds), timer });
      return transitionId;
    },
    ready,
    forget(userId) {
      for (const transitionId of transitions.keys()) ready(userId, transitionId);
    },
    cancel() {
      for (const { timer } of transitions.values()) timer.cancel();
      transitions.clear();
    },
  };
}
