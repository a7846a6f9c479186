// A download that fails six times, tried again with growing pauses. The clock is manual and the chance seeded, so that minutes of
// pauses pass in milliseconds and every run prints the same. The same function on `systemClock` and `systemRandom` waits for real.
// Here: `npx node --conditions=@antiphon/source packages/std/examples/retry-in-no-time.ts`; in a project of your own: `node retry-in-no-time.ts`.
import {
  AntiphonError,
  createBackoff,
  createManualClock,
  createSeededRandom,
  describeError,
  isAntiphonError,
  type Clock,
  type Random,
} from "@antiphon/std";

// A closed set of codes: whoever catches can tell every failure apart, and the compiler knows them all.
type MirrorErrorCode = "MIRROR_BUSY" | "MIRROR_GONE";
class MirrorError extends AntiphonError<MirrorErrorCode> {}

interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
}

/** Asks until it works, but only after failures that asking again can help. */
async function persistently<T>(task: () => Promise<T>, { clock, random }: Surroundings): Promise<T> {
  let backoff = createBackoff({ baseMs: 1_000, maximumMs: 60_000, random });
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (!isAntiphonError(error) || !error.retryable) throw error;
      console.log(
        `attempt ${backoff.attempt + 1}: ${describeError(error)}; again in ${Math.round(backoff.delayMs)} ms`,
      );
      await clock.sleep(backoff.delayMs);
      backoff = backoff.next();
    }
  }
}

let asked = 0;
async function download(): Promise<string> {
  asked++;
  if (asked <= 6) throw new MirrorError("MIRROR_BUSY", `mirror ${asked} has no free place`, { retryable: true });
  return "the whole of Spem in alium";
}

const clock = createManualClock();
const startedMs = clock.monotonicMs();
const surroundings = { clock, random: createSeededRandom(7) };

const result = persistently(download, surroundings);
// Time only moves when we move it; timers that become due on the way fire in their order.
await clock.advance(5 * 60_000);
console.log(
  `got ${await result} within ${(clock.monotonicMs() - startedMs) / 60_000} minutes of a clock that nobody waited for`,
);

// What repeating cannot help comes out at once, with a code to match on.
const gone = async () => Promise.reject(new MirrorError("MIRROR_GONE", "the mirror was taken down"));
await persistently(gone, surroundings).catch((error: unknown) => {
  console.log(`given up: ${isAntiphonError<MirrorErrorCode>(error, "MIRROR_GONE")} (${describeError(error)})`);
});
