import type { BenchContext, Contender } from "./define-bench.ts";

/** Takes one figure from a contender. */
export type Sampler = () => Promise<number>;

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function repeat(run: (context: BenchContext) => unknown, context: BenchContext, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    const result = run(context);
    // Awaiting what is no promise would add the cost of a turn of the event loop to every call.
    if (result instanceof Promise) await result;
  }
}

/** How often `run` must be called to use about `roundMs` of CPU; also warms it up. */
async function calibrate(
  run: (context: BenchContext) => unknown,
  context: BenchContext,
  roundMs: number,
): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const before = cpuMicroseconds();
    await repeat(run, context, calls);
    const usedMs = (cpuMicroseconds() - before) / 1000;
    if (usedMs >= roundMs / 2) return Math.max(1, Math.round((calls * roundMs) / usedMs));
  }
}

/** Builds the {@link Sampler} of a contender; each figure of a `run` costs about `roundMs` of CPU time. */
export async function createSampler(contender: Contender, context: BenchContext, roundMs: number): Promise<Sampler> {
  if ("measure" in contender) return async () => contender.measure(context);
  const { run, operationsPerRun = 1 } = contender;
  const calls = await calibrate(run, context, roundMs);
  return async () => {
    const before = cpuMicroseconds();
    await repeat(run, context, calls);
    return (cpuMicroseconds() - before) / (calls * operationsPerRun);
  };
}

/** The middle of the figures; the mean of the two middle ones when their number is even. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** How far the middle half of the figures spreads, as a share of their median. */
export function spreadRatio(figures: readonly number[]): number {
  const sorted = figures.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  return (at(0.75) - at(0.25)) / median(figures);
}

/** Takes figures from both in turn, changing who goes first, until the rounds or the time are used up; at least one of each. */
export async function interleave(
  samplers: readonly Sampler[],
  options: { readonly rounds: number; readonly untilMs: number; readonly onRound: (round: number) => void },
): Promise<number[][]> {
  const figures: number[][] = samplers.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    if (round > 0 && performance.now() > options.untilMs) break;
    options.onRound(round + 1);
    const order = samplers.map((sampler, index) => ({ sampler, index }));
    if (round % 2 === 1) order.reverse();
    for (const { sampler, index } of order) figures[index]?.push(await sampler());
  }
  return figures;
}
