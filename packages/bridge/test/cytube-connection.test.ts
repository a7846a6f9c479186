import { createSeededRandom, systemClock, type Clock } from "@antiphon/std";
import { startCytubeSimulator } from "@antiphon/sim/cytube";
import { expect, test } from "vitest";
import { createCytubeConnection } from "../src/robot/cytube-connection.ts";

/** Time as it is, but nobody pauses for long. */
const impatientClock: Clock = {
  ...systemClock,
  sleep: (delayMs, options) => systemClock.sleep(Math.min(delayMs, 5), options),
};

test("a server that hangs up while the robot joins again is tried again, by one at a time", async () => {
  await using site = await startCytubeSimulator({ limits: { connections: false, guestLogins: false } });
  await using connection = createCytubeConnection({
    siteUrl: site.url,
    channel: "lounge",
    channelPassword: undefined,
    username: "robot",
    password: undefined,
    clock: impatientClock,
    random: createSeededRandom(1),
  });
  const joins = () => site.transcript.filter(({ direction, event }) => direction === "in" && event === "joinChannel");
  let hangUps = 0;
  let lastHangUp = 0;
  connection.on("frame", () => {
    if (connection.joined || hangUps === 0 || joins().length === lastHangUp) return;
    hangUps--;
    lastHangUp = joins().length;
    site.dropConnections();
  });
  await connection.join();
  hangUps = 3;
  lastHangUp = 1;
  site.dropConnections();
  await expect.poll(() => connection.reconnects, { timeout: 60_000 }).toBe(1);
  site.dropConnections();
  await expect.poll(() => connection.reconnects, { timeout: 60_000 }).toBe(2);
  expect(joins()).toHaveLength(1 + 3 + 1 + 1);
  expect(connection.joined).toBe(true);
}, 120_000);

test("who is thrown out at once each time comes back ever more slowly, until a stay lasts", async () => {
  await using site = await startCytubeSimulator({ limits: { connections: false, guestLogins: false } });
  const pauses: number[] = [];
  let passedMs = 0;
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => passedMs,
    sleep: async (delayMs) => void pauses.push(delayMs),
  };
  await using connection = createCytubeConnection({
    siteUrl: site.url,
    channel: "lounge",
    channelPassword: undefined,
    username: undefined,
    password: undefined,
    clock,
    random: { ...createSeededRandom(1), next: () => 1 },
  });
  await connection.join();
  for (const [stayMs, pauseMs] of [
    [1_000, 1_000],
    [1_000, 2_000],
    [59_000, 4_000],
    [60_000, 1_000],
    [0, 2_000],
  ] as const) {
    const { reconnects } = connection;
    passedMs += stayMs;
    site.dropConnections();
    await expect.poll(() => connection.reconnects, { timeout: 60_000 }).toBe(reconnects + 1);
    expect(pauses.at(-1)).toBe(pauseMs);
  }
  expect(pauses).toHaveLength(5);
}, 120_000);
