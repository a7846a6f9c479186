import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createCheckList } from "../src/tour/report.ts";
import { runTour } from "../src/tour/tour.ts";
import { openPlaygroundWorld } from "../src/world.ts";
import { demoFolder, demoTracks } from "./demo-tracks.ts";

// The whole evening, from a slash command to the sound in the channel, on both clients.
describe.each(["core", "discord.js"] as const)("the bot on %s", (client) => {
  test("plays the guided evening without a failed check", { timeout: 480_000 }, async () => {
    const tracks = await demoTracks();
    const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-tour-test-"));
    try {
      await using playground = await openPlaygroundWorld({ musicDirectory: demoFolder, dataDirectory, client });
      const checks = createCheckList(() => {}, false);
      await runTour({ playground, tracks, checks });
      expect(checks.results.filter(({ passed }) => !passed)).toEqual([]);
      expect(checks.results.length).toBeGreaterThan(14);
    } finally {
      rmSync(dataDirectory, { recursive: true });
    }
  });
});
