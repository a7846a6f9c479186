import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBus } from "@antiphon/bridge";
import type { GuildId } from "@antiphon/protocol/discord";
import { expect, test } from "vitest";
import { openBusSwitch, openFileSwitch, type GuildSwitch } from "./guild-switch.ts";

const one = "1" as GuildId;
const two = "2" as GuildId;

async function use(open: () => Promise<GuildSwitch>) {
  {
    await using first = await open();
    await first.set(one, true);
    await first.set(two, true);
    await first.set(one, false);
    await expect.poll(() => [first.has(one), first.has(two)]).toEqual([false, true]);
  }
  await using next = await open();
  await expect.poll(() => [next.has(one), next.has(two)]).toEqual([false, true]);
}

test("a file keeps a switch over a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-switch-"));
  try {
    await use(() => openFileSwitch(join(folder, "switch.json")));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the bus keeps a switch over a restart, and tells every process", async () => {
  await using bus = createMemoryBus();
  await use(() => openBusSwitch(bus, "switch", 1));
  await using here = await openBusSwitch(bus, "switch", 1);
  await using there = await openBusSwitch(bus, "switch", 1);
  await here.set(one, true);
  await expect.poll(() => there.has(one)).toBe(true);
});
