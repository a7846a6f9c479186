import { createManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { createDeadlines } from "./deadlines.ts";

function setUp() {
  const clock = createManualClock();
  const missed: string[] = [];
  const deadlines = createDeadlines<string>(1_000, clock, (item) => missed.push(item));
  return { clock, missed, deadlines };
}

describe("createDeadlines", () => {
  it("tells of each what was not stopped in time, with one timer for all", async () => {
    const { clock, missed, deadlines } = setUp();
    deadlines.start("first");
    await clock.advance(300);
    deadlines.start("second");
    deadlines.start("third");
    deadlines.stop("second");
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(699);
    expect(missed).toEqual([]);
    await clock.advance(1);
    expect(missed).toEqual(["first"]);
    await clock.advance(299);
    expect(missed).toEqual(["first"]);
    await clock.advance(1);
    expect(missed).toEqual(["first", "third"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("gives what is renewed its whole time again, unless it is over", async () => {
    const { clock, missed, deadlines } = setUp();
    deadlines.start("slow");
    deadlines.start("over");
    await clock.advance(900);
    deadlines.stop("over");
    deadlines.renew("slow");
    deadlines.renew("over");
    await clock.advance(999);
    expect(missed).toEqual([]);
    await clock.advance(1);
    expect(missed).toEqual(["slow"]);
    await clock.advance(5_000);
    expect(missed).toEqual(["slow"]);
  });

  it("goes on when one is started from within the call for another", async () => {
    const clock = createManualClock();
    const missed: string[] = [];
    const deadlines = createDeadlines<string>(1_000, clock, (item) => {
      missed.push(item);
      if (missed.length < 3) deadlines.start(`after ${item}`);
    });
    deadlines.start("a");
    await clock.advance(3_000);
    expect(missed).toEqual(["a", "after a", "after after a"]);
  });
});
