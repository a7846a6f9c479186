import { describe, expect, it } from "vitest";
import { runStorm } from "./storm.ts";

describe("several processes with one token", () => {
  it.each([2, 4])("never run into a limit that they could foresee (%i processes)", async (processes) => {
    const result = await runStorm({ processes, requests: 120, channels: 10, limit: 5, windowMs: 400 });
    expect(result).toMatchObject({ messages: 120, rateLimited: 0, failures: 0 });
  });
});
