import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stepSharedLimit, type LimitClaim } from "./shared-limiter.ts";

const claim: LimitClaim = { clientId: "a", holding: 0, want: 0, holdMs: 1_000 };

describe("stepSharedLimit", () => {
  it("starts anew where nobody can read what is stored", () => {
    for (const stored of ["", "{", "null", "[]", "5", '{"held":[],"cooling":{}}'])
      expect(stepSharedLimit(stored, { ...claim, want: 2, limit: 5 }, 0).verdict).toEqual({
        granted: 2,
        waitMs: undefined,
      });
  });

  it("puts a claim right whose verdict got lost", () => {
    const lost = stepSharedLimit(undefined, { ...claim, want: 5, limit: 5 }, 0);
    expect(lost.verdict.granted).toBe(5);
    // The client never heard of its places, and says that it holds none.
    expect(stepSharedLimit(lost.stored, { ...claim, want: 5 }, 10).verdict.granted).toBe(5);
  });

  it("never gives more places than there are, whatever is claimed", () => {
    const steps = fc.array(
      fc.record({
        client: fc.nat(3),
        want: fc.nat(8),
        ends: fc.nat(8),
        coolMs: fc.nat(500),
        passMs: fc.nat(300),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const held = [0, 0, 0, 0];
        let cooling: { readonly untilMs: number; readonly count: number }[] = [];
        let nowMs = 0;
        let stored: string | undefined;
        for (const { client, want, ends, coolMs, passMs } of all) {
          nowMs += passMs;
          const before = held[client] as number;
          const ended = Math.min(ends, before);
          const input = { ...claim, clientId: String(client), holding: before - ended, want, limit: 7, holdMs: 1e9 };
          const step = stepSharedLimit(stored, { ...input, ended: [{ count: ended, coolMs }] }, nowMs);
          ({ stored } = step);
          held[client] = before - ended + step.verdict.granted;
          cooling = [...cooling, { untilMs: nowMs + coolMs, count: ended }].filter(({ untilMs }) => untilMs > nowMs);
          const taken = held.reduce((total, count) => total + count, 0);
          expect(taken + cooling.reduce((total, { count }) => total + count, 0)).toBeLessThanOrEqual(7);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
