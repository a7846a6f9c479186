/** The time that a clock runs on; replaced in tests. */
export interface ClockTime {
  /** Milliseconds with fractions, from a fixed moment. */
  nowMs(): number;
  /** Runs `callback` once after about `delayMs`, to the millisecond or worse; 0 runs it after pending I/O. */
  schedule(delayMs: number, callback: () => void): void;
  /** Blocks the thread for a fraction of a tick. */
  block(durationMs: number): void;
}

/** A stream's place in the clock. */
export interface ClockSeat {
  /** Makes ticks come, from the next deadline on. */
  wake(): void;
  /** Gives the place up; idempotent. */
  leave(): void;
}

/** What a stream does with a tick. */
export interface ClockStream {
  /** Called once per tick; `tick` counts 20 ms periods, and is more than one ahead after a stall. False pauses the ticks until `wake`. */
  onTick(tick: number): boolean;
  /** Told how many whole ticks passed unused. */
  onSkip(ticks: number): void;
}

/** Calls streams every 20 ms. */
export interface AudioClock {
  /** Gives a stream a place: the streams of a clock are spread over the 20 ms in groups. */
  join(stream: ClockStream): ClockSeat;
}

/** The period of the clock in milliseconds. */
const TICK_MS = 20;
/** The phases that streams are spread over, in the order in which they are filled: 2.5 ms apart, which timers can still tell apart. */
const PHASE_ORDER = [0, 4, 2, 6, 1, 5, 3, 7];
/** A phase takes so many streams before the next is used. Waking up costs as much as some packets do, and a warm cache makes the rest cheap. */
const STREAMS_PER_PHASE = 32;
/** How long before a deadline the timer is set to fire, in milliseconds; the rest is waited for on the spot. */
const TIMER_MARGIN_MS = 1.5;
/** A tick that is later than this, in milliseconds, is skipped, because the one after it would follow in a burst. */
const LATEST_MS = 15;

const never = new Int32Array(new SharedArrayBuffer(4));

/** The time of this thread, which must be a worker: the main thread must not block. */
const workerTime: ClockTime = {
  nowMs: () => performance.now(),
  schedule(delayMs, callback) {
    if (delayMs <= 0) setImmediate(callback);
    else setTimeout(callback, delayMs);
  },
  block: (durationMs) => void Atomics.wait(never, 0, 0, durationMs),
};

interface Phase {
  readonly offsetMs: number;
  readonly all: Set<ClockStream>;
  readonly awake: Set<ClockStream>;
  /** The number of the next tick. */
  tick: number;
}

/**
 * Builds a clock with absolute deadlines: the nth tick of a phase is due at `start + phase + n * 20 ms` whatever happened before, so that
 * errors never add up. After a stall whole ticks are skipped instead of being made up for in a burst.
 */
export function createAudioClock(time: ClockTime = workerTime): AudioClock {
  const startMs = time.nowMs();
  const phases = PHASE_ORDER.map((place): Phase => {
    return { offsetMs: (place * TICK_MS) / PHASE_ORDER.length, all: new Set(), awake: new Set(), tick: 0 };
  });
  let running = false;

  const deadlineOf = (phase: Phase) => startMs + phase.offsetMs + phase.tick * TICK_MS;
  const earliest = (): Phase | undefined => {
    let first: Phase | undefined;
    for (const phase of phases) {
      if (phase.awake.size > 0 && (first === undefined || deadlineOf(phase) < deadlineOf(first))) first = phase;
    }
    return first;
  };
  const fire = (phase: Phase) => {
    const lateMs = time.nowMs() - deadlineOf(phase);
    if (lateMs > LATEST_MS) {
      const skipped = Math.ceil((lateMs - LATEST_MS) / TICK_MS);
      phase.tick += skipped;
      for (const stream of phase.awake) stream.onSkip(skipped);
      // The deadline may have moved into the future again.
      if (deadlineOf(phase) > time.nowMs()) return;
    }
    const tick = phase.tick++;
    for (const stream of phase.awake) {
      if (!stream.onTick(tick)) phase.awake.delete(stream);
    }
  };
  const run = () => {
    const next = earliest();
    if (next === undefined) {
      running = false;
      return;
    }
    const restMs = deadlineOf(next) - time.nowMs();
    if (restMs > TIMER_MARGIN_MS) {
      time.schedule(Math.max(1, Math.floor(restMs - TIMER_MARGIN_MS)), run);
      return;
    }
    if (restMs > 0) time.block(restMs);
    fire(next);
    // I/O gets its turn between two phases.
    time.schedule(0, run);
  };

  return {
    join(stream) {
      const phase =
        phases.find(({ all }) => all.size < STREAMS_PER_PHASE) ??
        phases.reduce((least, other) => (other.all.size < least.all.size ? other : least));
      phase.all.add(stream);
      return {
        wake() {
          if (!phase.all.has(stream) || phase.awake.has(stream)) return;
          if (phase.awake.size === 0) {
            phase.tick = Math.max(phase.tick, Math.ceil((time.nowMs() - startMs - phase.offsetMs) / TICK_MS));
          }
          phase.awake.add(stream);
          if (running) return;
          running = true;
          time.schedule(0, run);
        },
        leave() {
          phase.all.delete(stream);
          phase.awake.delete(stream);
        },
      };
    },
  };
}
