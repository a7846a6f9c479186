import type { LimitClaim, SharedLimiter } from "@antiphon/protocol/discord";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** What a {@link SharedLimiter} under test comes with. */
export interface SharedLimiterRig extends AsyncDisposable {
  /** Two limiters over one store, as two processes would have them. */
  readonly limiters: readonly [SharedLimiter, SharedLimiter];
  /** Lets time pass for the store: moves a manual clock, or waits. */
  pass(durationMs: number): Promise<void>;
}

const base: LimitClaim = { clientId: "a", holding: 0, want: 0, holdMs: 60_000 };

/** What every {@link SharedLimiter} must do; `open` gives limiters over an empty store. */
export function describeSharedLimiter(name: string, open: () => Promise<SharedLimiterRig>): void {
  describe(`shared limiter: ${name}`, () => {
    let rig: SharedLimiterRig;
    beforeEach(async () => {
      rig = await open();
    });
    afterEach(() => rig[Symbol.asyncDispose]());

    const first = (claim: Partial<LimitClaim>, key = "global") => rig.limiters[0].claim(key, { ...base, ...claim });
    const second = (claim: Partial<LimitClaim>, key = "global") =>
      rig.limiters[1].claim(key, { ...base, clientId: "b", ...claim });

    test("gives no more places than there are, whoever asks", async () => {
      expect(await first({ want: 3, limit: 5 })).toEqual({ granted: 3, waitMs: undefined });
      expect(await second({ want: 4, limit: 5 })).toEqual({ granted: 2, waitMs: undefined });
      expect(await first({ holding: 3, want: 1 })).toMatchObject({ granted: 0 });
      expect(await second({ want: 1, limit: 5 }, "other.key/POST=-_")).toMatchObject({ granted: 1 });
    });

    test("gives every place once while many ask at the same moment", async () => {
      const claims = Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? first : second)({ clientId: `client-${index}`, want: 2, limit: 11 }),
      );
      const verdicts = await Promise.all(claims);
      expect(verdicts.reduce((total, { granted }) => total + granted, 0)).toBe(11);
    });

    test("keeps a place taken after its request ended, for as long as was asked", async () => {
      await first({ want: 2, limit: 2 });
      await first({ holding: 0, ended: [{ count: 2, coolMs: 2_000 }] });
      const refused = await second({ want: 2 });
      expect(refused.granted).toBe(0);
      expect(refused.waitMs).toBeGreaterThan(0);
      expect(refused.waitMs).toBeLessThanOrEqual(2_010);
      await rig.pass(2_020);
      expect(await second({ want: 2 })).toMatchObject({ granted: 2 });
    });

    test("takes places back that were not used, and those of a client that is gone", async () => {
      await first({ want: 5, limit: 5, holdMs: 60_000 });
      await first({ holding: 2, holdMs: 2_000 });
      expect(await second({ want: 5 })).toMatchObject({ granted: 3 });
      await rig.pass(2_020);
      expect(await second({ holding: 3, want: 5 })).toMatchObject({ granted: 2 });
    });

    test("lets one request at a time find a limit out that nobody knows", async () => {
      expect(await first({ want: 3 }, "bucket")).toMatchObject({ granted: 1 });
      expect(await second({ want: 3 }, "bucket")).toEqual({ granted: 0, waitMs: undefined });
      await first({ ended: [{ count: 1, coolMs: 60_000 }], limit: 5, left: { count: 4, forMs: 60_000 } }, "bucket");
      expect(await second({ want: 9 }, "bucket")).toMatchObject({ granted: 4 });
    });

    test("believes an answer that says less is left", async () => {
      await first({ want: 1, limit: 5 }, "bucket");
      await first({ ended: [{ count: 1, coolMs: 60_000 }], left: { count: 1, forMs: 60_000 } }, "bucket");
      expect(await second({ want: 5 }, "bucket")).toMatchObject({ granted: 1 });
    });

    test("tells all of a block", async () => {
      await first({ blockMs: 2_000, limit: 5 });
      const { granted, waitMs = 0 } = await second({ want: 1 });
      expect(granted).toBe(0);
      expect(waitMs).toBeGreaterThan(0);
      await rig.pass(2_020);
      expect(await second({ want: 1 })).toMatchObject({ granted: 1 });
    });

    test("passes on which bucket a route counts in, and which routes have none", async () => {
      await first({ want: 1 }, "route");
      await first({ bucket: "abc" }, "route");
      expect(await second({ want: 1 }, "route")).toMatchObject({ granted: 0, bucket: "abc" });
      await first({ bucket: null }, "free");
      expect(await second({ want: 1 }, "free")).toMatchObject({ granted: 0, bucket: null });
    });
  });
}
