import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { IdentifyGate } from "./identify-gate.ts";

/** What an {@link IdentifyGate} under test comes with. */
export interface IdentifyGateRig extends AsyncDisposable {
  /** Two gates over the same turns, as two processes would have them; one that is for a single process twice. Two keys may identify at once. */
  readonly gates: readonly [IdentifyGate, IdentifyGate];
  /** Longer than the window between two turns of a key, in milliseconds. */
  readonly windowMs: number;
  /** Lets time pass: moves a manual clock, or waits. */
  pass(durationMs: number): Promise<void>;
}

/** What every {@link IdentifyGate} must do; `open` gives gates with a concurrency of 2 and all turns free. */
export function describeIdentifyGate(name: string, open: () => Promise<IdentifyGateRig>): void {
  describe(`identify gate: ${name}`, () => {
    let rig: IdentifyGateRig;
    let granted: number[];
    beforeEach(async () => {
      rig = await open();
      granted = [];
    });
    afterEach(() => rig[Symbol.asyncDispose]());

    const acquire = async (gate: 0 | 1, shardId: number, signal?: AbortSignal) => {
      await rig.gates[gate].acquire(shardId, { signal });
      granted.push(shardId);
    };
    /** Lets so many windows pass, and gives what was granted in them. */
    const passWindows = async (count: number) => {
      const before = granted.length;
      await rig.pass(count * rig.windowMs);
      return granted.slice(before);
    };

    it("grants a key's first turn at once, and its next ones a window apart, whoever asks", async () => {
      const all = Promise.all([acquire(0, 0), acquire(1, 2), acquire(0, 4)]);
      await expect.poll(() => granted.length).toBe(1);
      await rig.pass(0);
      expect(granted).toHaveLength(1);
      expect(await passWindows(1)).toHaveLength(1);
      await passWindows(2);
      await all;
      expect(granted.toSorted()).toEqual([0, 2, 4]);
    });

    it("lets shards of different keys identify side by side", async () => {
      await Promise.all([acquire(0, 0), acquire(1, 1)]);
      expect(granted.toSorted()).toEqual([0, 1]);
      const next = Promise.all([acquire(1, 2), acquire(0, 3)]);
      await passWindows(2);
      await next;
      expect(granted).toHaveLength(4);
    });

    it("grants shards of one process in the order in which they asked", async () => {
      const all = Promise.all([acquire(0, 0), acquire(0, 4), acquire(0, 2)]);
      await passWindows(3);
      await all;
      expect(granted).toEqual([0, 4, 2]);
    });

    it("gives up with the signal, and the next in line goes on", async () => {
      await acquire(0, 0);
      const abort = new AbortController();
      const second = acquire(0, 2, abort.signal);
      const third = acquire(0, 4);
      abort.abort(new Error("no longer needed"));
      await expect(second).rejects.toThrow("no longer needed");
      await passWindows(2);
      await third;
      expect(granted).toEqual([0, 4]);
      await expect(acquire(1, 1, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
    });

    it("has a free turn again after a window that nobody used", async () => {
      await acquire(0, 0);
      await passWindows(2);
      await acquire(1, 2);
      expect(granted).toEqual([0, 2]);
    });
  });
}
