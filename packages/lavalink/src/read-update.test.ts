import { decodeMessage } from "@antiphon/protocol/lavalink";
import { expect, test } from "vitest";
import { readPlayerUpdate } from "./read-update.ts";

test("reads what Lavalink writes as the JSON parser does, and nothing else", () => {
  const state = { time: 1_763_730_000_000, position: 95_000, connected: true, ping: -1 };
  const update = { op: "playerUpdate", guildId: "81384788765712384", state };
  for (const each of [update, { ...update, state: { ...state, connected: false, ping: 20, position: -4 } }]) {
    const text = JSON.stringify(each);
    expect(decodeMessage(text)).toEqual({ kind: "message", message: readPlayerUpdate(text) });
  }
  const others = [
    JSON.stringify({ ...update, guildId: 'a"b' }),
    JSON.stringify({ guildId: "1", op: "playerUpdate", state }),
    JSON.stringify({ ...update, extra: 1 }),
    JSON.stringify({ ...update, state: { ...state, position: 1.5 } }),
    JSON.stringify({ ...update, state: { ...state, ping: null } }),
    `${JSON.stringify(update)}\n{}`,
  ];
  for (const text of others) expect(readPlayerUpdate(text)).toBeUndefined();
});
