/** How much earlier than an answer says requests may go out again, because they take their time to arrive. */
export interface HeadStart {
  /** A request took so long, from sending it to its answer's first byte. */
  note(roundTripMs: number): void;
  /** A request went out too early: none will from now on. */
  giveUp(): void;
  /** 0 until enough is known. */
  readonly ms: number;
}

/** As many round trips as are looked back on. */
const REMEMBERED = 8;
const ENOUGH = 4;

/**
 * Builds a {@link HeadStart}. Discord counts when a request arrives, and tells how long the window lasts from then; the client hears
 * it the way back later, and its next request arrives the way there later. Both ways together are about one round trip. Half of the
 * shortest is used, less the difference to the longest: the ways may be of any length as long as they do not change by more.
 */
export function createHeadStart(): HeadStart {
  const roundTripsMs: number[] = [];
  let isGivenUp = false;

  return {
    note(roundTripMs) {
      if (isGivenUp) return;
      if (roundTripsMs.length >= REMEMBERED) roundTripsMs.shift();
      roundTripsMs.push(roundTripMs);
    },
    giveUp() {
      isGivenUp = true;
      roundTripsMs.length = 0;
    },
    get ms() {
      if (roundTripsMs.length < ENOUGH) return 0;
      const shortestMs = Math.min(...roundTripsMs);
      return Math.max(0, shortestMs / 2 - (Math.max(...roundTripsMs) - shortestMs));
    },
  };
}
