import type { NodeStats } from "@antiphon/protocol/lavalink";
import { expect, test } from "vitest";
import { penaltiesOf } from "./penalties.ts";

test("penalties count our own players before the node does, and dropped frames above all", () => {
  const stats: NodeStats = {
    players: 10,
    playingPlayers: 5,
    uptime: 0,
    memory: { free: 0, used: 0, allocated: 0, reservable: 0 },
    cpu: { cores: 1, systemLoad: 0, lavalinkLoad: 0 },
    frameStats: null,
  };
  expect(penaltiesOf({ stats: undefined, playingPlayers: 0, inFlight: 0 })).toBe(0);
  expect(penaltiesOf({ stats, playingPlayers: 0, inFlight: 2 })).toBe(7);
  expect(penaltiesOf({ stats, playingPlayers: 9, inFlight: 0 })).toBe(9);
  const frames = { sent: 2000, nulled: 500, deficit: 500 };
  const dropping = penaltiesOf({ stats: { ...stats, frameStats: frames }, playingPlayers: 0, inFlight: 0 });
  expect(dropping).toBeGreaterThan(1000);
  const busy = penaltiesOf({ stats: { ...stats, cpu: { cores: 1, systemLoad: 1 } }, playingPlayers: 0, inFlight: 0 });
  expect(busy).toBeGreaterThan(1000);
});
