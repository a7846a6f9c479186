import { expect, test } from "vitest";
import { wirePlayerReader, wirePlayerSchema } from "./player.ts";

const player = {
  guildId: "1",
  track: null,
  volume: 100,
  paused: false,
  state: { time: 1, position: 0, connected: true, ping: 12 },
  voice: { token: "t", endpoint: "e", sessionId: "s", channelId: null },
  filters: {},
};
const info = {
  identifier: "id",
  isSeekable: true,
  author: "A",
  length: 1000,
  isStream: false,
  position: 0,
  title: "T",
  sourceName: "http",
};

test.each([
  player,
  { ...player, track: { encoded: "Q", info, pluginInfo: {}, userData: { nonce: "1" } }, later: 1 },
  // Other servers leave things out.
  { ...player, track: { encoded: "Q", info }, filters: undefined, voice: {} },
  { ...player, voice: undefined },
  { ...player, track: { encoded: "Q" } },
  { ...player, state: { ...player.state, ping: "12" } },
  { ...player, volume: Number.POSITIVE_INFINITY },
  { ...player, guildId: 1 },
  { ...player, voice: { token: 1 } },
  { ...player, filters: [] },
  null,
  [],
])("a player is read by hand as by its schema: %j", (value) => {
  const { success, data } = wirePlayerReader.safeParse(value);
  const expected = wirePlayerSchema.safeParse(value);
  expect(success).toBe(expected.success);
  expect(data).toEqual(expected.data);
});
