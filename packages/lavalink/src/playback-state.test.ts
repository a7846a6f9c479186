import type { NodeStats } from "@antiphon/protocol/lavalink";
import { expect, test } from "vitest";
import { createErrorBudget } from "./error-budget.ts";
import { penaltiesOf } from "./penalties.ts";
import { createPositionTracker } from "./position.ts";
import { createTrackLedger } from "./track-ledger.ts";
import type { QueuedTrack } from "./track.ts";

test("the error budget forgets failures that left the window", () => {
  const budget = createErrorBudget({ maximumFailures: 3, windowMs: 30_000 });
  expect([0, 10_000, 30_000, 39_999].map((atMs) => budget.spend(atMs))).toEqual([true, true, true, false]);
  budget.reset();
  expect(budget.spend(40_000)).toBe(true);
});

test("a position runs only while it should", () => {
  const position = createPositionTracker();
  position.set(1000, 50);
  expect(position.at(500)).toBe(1000);
  position.setRunning(true, 500);
  expect(position.at(700)).toBe(1200);
  position.setRunning(true, 800);
  position.setRunning(false, 900);
  expect(position.at(5000)).toBe(1400);
});

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

test("the ledger finds the playing of an event, and none for one that is over or foreign", () => {
  const info = { identifier: "a", isSeekable: true, author: "", length: 1, isStream: false, position: 0, title: "", sourceName: "" };
  const track: QueuedTrack = { encoded: "a", info, pluginInfo: {}, userData: {}, requesterId: null };
  const ledger = createTrackLedger("me");
  const first = ledger.open(track);
  const second = ledger.open(track);
  const event = (antiphon?: string) => ({ ...track, userData: antiphon === undefined ? {} : { antiphon } });
  expect(ledger.find(event(first.nonce))).toBe(first);
  expect(ledger.find(event())).toBe(second);
  expect(ledger.find(event("me.99"))).toBeUndefined();
  ledger.reopen(first);
  expect(ledger.current).toBe(first);
  expect(ledger.find(event(second.nonce))).toBeUndefined();
  ledger.end(first);
  expect(ledger.current).toBeUndefined();
  expect(ledger.find(event())).toBeUndefined();
});
