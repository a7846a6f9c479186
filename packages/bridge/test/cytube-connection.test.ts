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
