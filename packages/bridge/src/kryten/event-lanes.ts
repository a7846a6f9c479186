import type { Clock } from "@antiphon/std";

/** Options of {@link createEventLanes}. */
export interface EventLanesOptions {
  /** The most tasks that run at once. */
  readonly maximumConcurrent: number;
  /** How long a task may take before its signal aborts and its lane goes on. */
  readonly timeoutMs: number;
  /** The most tasks that wait; a new one beyond is dropped. */
  readonly pendingLimit: number;
  readonly clock: Clock;
  /** Told what a task threw; of one that took too long, a TimeoutError. */
  readonly onFailure: (error: unknown) => void;
}

/** A task of a lane. One that returns nothing is done at once. */
export type LaneTask = (signal: AbortSignal) => Promise<void> | void;

/** Runs tasks of one key in order and those of different keys side by side: a slow one holds up only its own key. */
export interface EventLanes {
  /** Adds a task; false when it was dropped. */
  push(key: string, task: LaneTask): boolean;
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>;
  /** Drops what waits and aborts what runs. */
  abort(reason: unknown): void;
  readonly pending: number;
  readonly dropped: number;
  readonly timeouts: number;
}

interface Lane {
  readonly key: string;
  readonly tasks: LaneTask[];
}

/** Builds {@link EventLanes}. */
export function createEventLanes(options: EventLanesOptions): EventLanes {
  const { maximumConcurrent, timeoutMs, pendingLimit, clock, onFailure } = options;
  const lanes = new Map<string, Lane>();
  const ready: Lane[] = [];
  const controllers = new Set<AbortController>();
  let idleWaiters: (() => void)[] = [];
  let running = 0;
  let pending = 0;
  let dropped = 0;
  let timeouts = 0;

  const runTask = (task: LaneTask): Promise<void> | void => {
    const controller = new AbortController();
    try {
      const result = task(controller.signal);
      if (result === undefined) return;
      controllers.add(controller);
      return within(result, controller).finally(() => controllers.delete(controller));
    } catch (error) {
      onFailure(error);
    }
  };

  const within = async (result: Promise<void>, controller: AbortController): Promise<void> => {
    const ended = Promise.withResolvers<never>();
    controller.signal.addEventListener("abort", () => ended.reject(controller.signal.reason), { once: true });
    using _timer = clock.setTimer(timeoutMs, () => {
      timeouts++;
      controller.abort(new DOMException(`A handler took longer than ${timeoutMs} ms.`, "TimeoutError"));
    });
    try {
      await Promise.race([result, ended.promise]);
    } catch (error) {
      onFailure(error);
    }
  };

  const finished = (lane: Lane): void => {
    running--;
    if (lane.tasks.length > 0) ready.push(lane);
    else lanes.delete(lane.key);
    if (running === 0 && pending === 0) {
      for (const resolve of idleWaiters) resolve();
      idleWaiters = [];
    }
  };

  const pump = (): void => {
    for (let lane = next(); lane !== undefined; lane = next()) {
      const current = lane;
      running++;
      pending--;
      const result = runTask(current.tasks.shift() as LaneTask);
      if (result === undefined) finished(current);
      else
        void result.then(() => {
          finished(current);
          pump();
        });
    }
  };
  const next = (): Lane | undefined => (running < maximumConcurrent ? ready.shift() : undefined);

  return {
    push(key, task) {
      if (pending >= pendingLimit) {
        dropped++;
        return false;
      }
      pending++;
      const lane = lanes.get(key);
      if (lane !== undefined) {
        lane.tasks.push(task);
        return true;
      }
      const created: Lane = { key, tasks: [task] };
      lanes.set(key, created);
      ready.push(created);
      pump();
      return true;
    },
    idle() {
      if (running === 0 && pending === 0) return Promise.resolve();
      return new Promise((resolve) => void idleWaiters.push(resolve));
    },
    abort(reason) {
      dropped += pending;
      pending = 0;
      for (const { key } of ready.splice(0)) lanes.delete(key);
      for (const lane of lanes.values()) lane.tasks.length = 0;
      for (const controller of controllers) controller.abort(reason);
    },
    get pending() {
      return pending;
    },
    get dropped() {
      return dropped;
    },
    get timeouts() {
      return timeouts;
    },
  };
}
