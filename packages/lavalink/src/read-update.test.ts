import { decodeMessage } from "@antiphon/protocol/lavalink";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PlayerUpdateReader, toPlayerUpdate } from "./read-update.ts";

/** What the reader says of a text; undefined where it leaves it to the JSON parser. */
function read(text: string) {
  const reader = new PlayerUpdateReader();
  if (!reader.read(Buffer.from(text))) return undefined;
  const { guildId, positionMs, connected, pingMs } = reader;
  return { guildId, positionMs, connected, pingMs };
}
/** What the JSON parser and the schemas say of it. */
function parse(text: string) {
  const decoded = decodeMessage(text);
  if (decoded.kind !== "message" || decoded.message.op !== "playerUpdate") return undefined;
  return toPlayerUpdate(decoded.message);
}

const state = { time: 1_763_730_000_000, position: 95_000, connected: true, ping: -1 };
const guildId = "81384788765712384";
const documented = { op: "playerUpdate", guildId, state };

test("reads both forms that servers write, and leaves every other one alone", () => {
  const expected = { guildId, positionMs: 95_000, connected: true, pingMs: -1 };
  expect(read(JSON.stringify(documented))).toEqual(expected);
  expect(read(JSON.stringify({ op: "playerUpdate", state, guildId }))).toEqual(expected);
  expect(read(JSON.stringify({ ...documented, state: { ...state, connected: false, position: -4, ping: 0 } }))).toEqual(
    {
      guildId,
      positionMs: -4,
      connected: false,
      pingMs: 0,
    },
  );
  const others = [
    { ...documented, guildId: 'a"b' },
    { guildId: "1", op: "playerUpdate", state },
    { ...documented, extra: 1 },
    { ...documented, state: { ...state, position: 1.5 } },
    { ...documented, state: { ...state, position: 1e18 } },
    { ...documented, state: { ...state, ping: null } },
    { ...documented, guildId: "" },
  ].map((each) => JSON.stringify(each));
  const text = JSON.stringify(documented);
  for (const other of [...others, `${text}\n{}`, `${text} `, text.replace("95000", "095000"), ""]) {
    expect(read(other)).toBeUndefined();
  }
});

test("a frame that is cut anywhere is left alone", () => {
  const text = JSON.stringify(documented);
  for (let length = 0; length < text.length; length++) expect(read(text.slice(0, length))).toBeUndefined();
});

test("whatever is read, the JSON parser reads the same", () => {
  const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.constantFrom(0, -0, -1, 1e15, 1e16));
  const anyState = fc.record({ time: number, position: number, connected: fc.boolean(), ping: number });
  const id = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 21n }).map(String), fc.string({ maxLength: 5 }));
  // A character of a right frame becomes another, as on a broken wire.
  const damage = fc.option(
    fc.record({ at: fc.nat(200), character: fc.constantFrom("0", "-", "}", '"', ",", "e", "\u00e9") }),
  );
  const frames = fc.record({ guildId: id, state: anyState, isDocumented: fc.boolean(), damage });
  fc.assert(
    fc.property(frames, ({ guildId: guild, state: anyOf, isDocumented, damage: damaged }) => {
      const op = "playerUpdate";
      const whole = JSON.stringify(
        isDocumented ? { op, guildId: guild, state: anyOf } : { op, state: anyOf, guildId: guild },
      );
      const { at = 0, character = "" } = damaged ?? {};
      const text = damaged === null ? whole : whole.slice(0, at) + character + whole.slice(at + 1);
      const own = read(text);
      if (own !== undefined) expect(own).toEqual(parse(text));
    }),
    { seed: 3, numRuns: 2_000 },
  );
});
