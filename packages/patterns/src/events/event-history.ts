/** What a handler is told besides the data. */
export interface BusEvent<Topic extends string = string> {
  /** What was published. */
  readonly topic: Topic;
  /** The number of the event on its bus, from 1. */
  readonly sequence: number;
}

/** An event that was kept. */
export interface KeptEvent {
  readonly data: unknown;
  readonly event: BusEvent;
}

/** The last events of a bus, in a ring. */
export interface EventHistory {
  add(data: unknown, event: BusEvent): void;
  /** Up to `count` of the last events whose topic fits, the oldest first. */
  last(count: number, fits: (topic: string) => boolean): readonly KeptEvent[];
}

/** Builds an {@link EventHistory} of at most `limit` events. */
export function createEventHistory(limit: number): EventHistory {
  const ring: KeptEvent[] = [];
  let next = 0;
  return {
    add(data, event) {
      ring[next] = { data, event };
      next = (next + 1) % limit;
    },
    last(count, fits) {
      const ordered = [...ring.slice(next), ...ring.slice(0, next)];
      const fitting = ordered.filter(({ event }) => fits(event.topic));
      return fitting.slice(Math.max(0, fitting.length - count));
    },
  };
}
