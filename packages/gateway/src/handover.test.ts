import type { Dispatch } from "@antiphon/protocol/discord";
import { describe, expect, it } from "vitest";
import { createHandover } from "./handover.ts";

function setUp() {
  let nowMs = 0;
  let sequence = 0;
  const handover = createHandover(() => nowMs);
  const event = (data: unknown, type = "MESSAGE_CREATE"): Dispatch => ({
    type,
    data,
    sequence: ++sequence,
    shardId: 0,
  });
  return { handover, event, wait: (durationMs: number) => (nowMs += durationMs) };
}

describe("a handover", () => {
  it("delivers what the old fleet had not yet, and not what the new one is late with", () => {
    const { handover, event } = setUp();
    handover.delivered(event("both"));
    handover.offered(event("both"));
    handover.offered(event("early"));
    handover.delivered(event("early"));
    handover.offered(event("only new"));
    handover.delivered(event("late"));
    expect(handover.takeOver().map(({ data }) => data)).toEqual(["only new"]);
    expect(["late", "late", "fresh"].map((data) => handover.isNews(event(data)))).toEqual([false, true, true]);
  });

  it("counts events that are the same", () => {
    const { handover, event } = setUp();
    for (let index = 0; index < 2; index++) handover.delivered(event("same"));
    for (let index = 0; index < 3; index++) handover.offered(event("same"));
    expect(handover.takeOver()).toHaveLength(1);
  });

  it("leaves out the beginning of the new sessions", () => {
    const { handover, event } = setUp();
    handover.offered(event({ guilds: [{ id: "1" }, { id: "2" }] }, "READY"));
    handover.offered(event({ id: "1" }, "GUILD_CREATE"));
    handover.offered(event({ id: "9" }, "GUILD_CREATE"));
    expect(handover.takeOver().map(({ data }) => data)).toEqual([{ id: "9" }]);
    expect([
      handover.isNews(event({ id: "2" }, "GUILD_CREATE")),
      handover.isNews(event({ id: "2" }, "GUILD_CREATE")),
    ]).toEqual([false, true]);
  });

  it("forgets what is long ago, and ends", () => {
    const { handover, event, wait } = setUp();
    handover.delivered(event("old"));
    wait(11_000);
    handover.offered(event("old"));
    expect(handover.takeOver()).toHaveLength(1);
    expect(handover.isOver).toBe(false);
    wait(11_000);
    expect(handover.isOver).toBe(true);
  });
});
