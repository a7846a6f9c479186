import { systemClock } from "@antiphon/std";
import { PatternsError } from "../error.ts";

const POLL_MS = 10;

function countResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function leftOpen(before: ReadonlyMap<string, number>): readonly string[] {
  return [...countResources()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} ${kind}`] : [];
  });
}

/**
 * Runs `task` and makes sure that the timers, sockets and files it opened are closed `graceMs` (1,000) after it at the latest, because
 * closing takes some turns of the event loop.
 *
 * @throws PatternsError PATTERNS_LIMIT_REACHED, naming what is left open
 */
export async function expectNoOpenResources<Result>(
  task: () => Promise<Result>,
  { graceMs = 1_000 }: { readonly graceMs?: number } = {},
): Promise<Result> {
  const before = countResources();
  const result = await task();
  const deadlineMs = performance.now() + graceMs;
  while (leftOpen(before).length > 0 && performance.now() < deadlineMs) await systemClock.sleep(POLL_MS);
  const open = leftOpen(before);
  if (open.length === 0) return result;
  throw new PatternsError("PATTERNS_LIMIT_REACHED", `The task left open: ${open.join(", ")}. Close what it opens.`);
}
