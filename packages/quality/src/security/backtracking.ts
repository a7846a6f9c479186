import { analyse } from "scslre";
import { hasOverlappingAlternatives } from "./overlapping-alternatives.ts";

/** How much longer a pattern may take as a text grows; `unknown` for a pattern that is too long to look at. */
export type Backtracking = "linear" | "polynomial" | "exponential" | "unknown";

const LONGEST_PATTERN = 2_000;
const MOST_REMEMBERED = 2_000;
const remembered = new Map<string, Backtracking>();

function judge(pattern: string, flags: string): Backtracking {
  if (pattern.length > LONGEST_PATTERN) return "unknown";
  // Most patterns have nothing that repeats, and need no closer look.
  if (!/[*+}]/.test(pattern)) return "linear";
  const { reports } = analyse({ source: pattern, flags }, { reportTypes: { Move: false } });
  if (reports.some(({ exponential }) => exponential)) return "exponential";
  if (pattern.includes("|") && hasOverlappingAlternatives(pattern, flags)) return "exponential";
  return reports.length > 0 ? "polynomial" : "linear";
}

/**
 * How a backtracking engine fares with a pattern, by static analysis. A quantifier that merely may start at many places
 * (`\s+$`) is left out: nearly every pattern has one.
 */
export function judgeBacktracking(pattern: string, flags: string): Backtracking {
  const key = `${flags}/${pattern}`;
  let verdict = remembered.get(key);
  if (verdict === undefined) {
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    verdict = judge(pattern, flags);
    remembered.set(key, verdict);
  }
  return verdict;
}
