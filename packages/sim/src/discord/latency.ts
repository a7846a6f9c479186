import type { Clock, Random, Timer } from "@antiphon/std";

/** How slow the network is; all in milliseconds. */
export interface LatencyOptions {
  /** What each HTTP answer waits. Defaults to 0. */
  readonly restMs?: number | undefined;
  /** What each gateway frame waits on its way to the client. Defaults to 0. */
  readonly gatewayMs?: number | undefined;
  /** The most by which any one of them takes longer, at random. HTTP answers may overtake each other by it, frames never do. Defaults to 0. */
  readonly jitterMs?: number | undefined;
}

/** A network whose slowness can change. */
export interface Latency {
  /** Changes it for what is sent from now on. */
  set(options: LatencyOptions): void;
  /** How long the next HTTP answer takes, in milliseconds. */
  nextRestMs(): number;
  /** How long the next gateway frame takes, in milliseconds. */
  nextGatewayMs(): number;
}

/** Builds a network without latency. */
export function createLatency(random: Random): Latency {
  let current: LatencyOptions = {};
  const next = (fixedMs = 0) => {
    const { jitterMs = 0 } = current;
    return fixedMs + (jitterMs === 0 ? 0 : random.next() * jitterMs);
  };
  return {
    set: (options) => (current = options),
    nextRestMs: () => next(current.restMs),
    nextGatewayMs: () => next(current.gatewayMs),
  };
}

/** One way of a connection: what goes in comes out later, in the same order. */
export interface DelayLine {
  /** Delivers after this many milliseconds, and after everything that went in before. */
  push(delayMs: number, deliver: () => void): void;
  /** Forgets what is still under way. */
  clear(): void;
}

/** Builds an empty {@link DelayLine}; without delay it delivers at once. */
export function createDelayLine(clock: Clock): DelayLine {
  const waiting: { readonly atMs: number; readonly deliver: () => void }[] = [];
  let timer: Timer | undefined;
  const flush = () => {
    timer = undefined;
    while ((waiting[0]?.atMs ?? Infinity) <= clock.monotonicMs()) waiting.shift()?.deliver();
    arm();
  };
  const arm = () => {
    const [first] = waiting;
    if (first === undefined || timer !== undefined) return;
    // A timer counts whole milliseconds and may ring early by a part of one.
    const delayMs = Math.max(1, Math.ceil(first.atMs - clock.monotonicMs()));
    timer = clock.setTimer(delayMs, flush, { keepAlive: false });
  };
  return {
    push(delayMs, deliver) {
      if (delayMs <= 0 && waiting.length === 0) return deliver();
      const previousMs = waiting.at(-1)?.atMs ?? 0;
      waiting.push({ atMs: Math.max(previousMs, clock.monotonicMs() + delayMs), deliver });
      arm();
    },
    clear() {
      timer?.cancel();
      timer = undefined;
      waiting.length = 0;
    },
  };
}
