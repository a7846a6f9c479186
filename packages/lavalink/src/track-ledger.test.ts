import { expect, test } from "vitest";
import { createTrackLedger } from "./track-ledger.ts";
import type { QueuedTrack } from "./track.ts";

test("the ledger finds the playing of an event, and none for one that is over or foreign", () => {
  const info = {
    identifier: "a",
    isSeekable: true,
    author: "",
    length: 1,
    isStream: false,
    position: 0,
    title: "",
    sourceName: "",
  };
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
