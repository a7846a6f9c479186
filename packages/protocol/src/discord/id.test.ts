import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatewayCloseAction, gatewayCloseCodes } from "./close-code.ts";
import { isSnowflake, shardIdOf, snowflakeTimestampMs } from "./id.ts";

describe("snowflakes", () => {
  it("knows the one of the documentation", () => {
    // Discord Docs/Reference, "Snowflake Format": 175928847299117063 is from 2016-04-30 11:18:25.796 UTC.
    expect(snowflakeTimestampMs("175928847299117063")).toBe(Date.UTC(2016, 3, 30, 11, 18, 25, 796));
  });

  it("tells ids from other texts", () => {
    expect(["0", "175928847299117063", "18446744073709551615"].every(isSnowflake)).toBe(true);
    expect(["", "-1", "1.5", "abc", "18446744073709551616", "123456789012345678901"].some(isSnowflake)).toBe(false);
  });

  it("puts every guild on one of the shards", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
        fc.integer({ min: 1, max: 500 }),
        (id, count) => {
          const shardId = shardIdOf(String(id), count);
          expect(shardId).toBe(Number((id >> 22n) % BigInt(count)));
        },
      ),
    );
  });
});

describe("gateway close codes", () => {
  it("lists the documented ones: six that end it, three that start a new session, five that resume", () => {
    const actions = [...gatewayCloseCodes.values()].map(({ action }) => action);
    expect(actions.filter((action) => action === "fail")).toHaveLength(6);
    expect(actions.filter((action) => action === "identify")).toHaveLength(3);
    expect(actions.filter((action) => action === "resume")).toHaveLength(5);
  });

  it("knows which are our own defect", () => {
    const own = [...gatewayCloseCodes.values()].filter(({ isOwnDefect }) => isOwnDefect).map(({ code }) => code);
    expect(own).toEqual([4001, 4002, 4003, 4005]);
  });

  it("resumes after a lost socket, and starts anew after 1000 and 1001", () => {
    expect([1006, 4999].map(gatewayCloseAction)).toEqual(["resume", "resume"]);
    expect([1000, 1001].map(gatewayCloseAction)).toEqual(["identify", "identify"]);
  });
});
