import { expect, test } from "vitest";
import { importHistory } from "../../src/importers/import-history.ts";
import { openSqliteHistoryStore } from "../../src/store/sqlite-history-store.ts";

const MIB = 1024 * 1024;
/** A gibibyte takes the same way; this much is enough to see that it is not kept. */
const LINE_BYTES = 192 * MIB;
/** Objects are read a character at a time. */
const OBJECT_BYTES = 96 * MIB;
const encoder = new TextEncoder();

/** What comes before, what is repeated, and what comes behind it. */
type Parts = readonly [string, string, string];

/** Pieces of a text, the middle one repeated until it is long; tells how much memory the process had at the most. */
function* endless([before, filling, after]: Parts, meter: { peakBytes: number }, length: number) {
  yield encoder.encode(before);
  const piece = encoder.encode(filling.repeat(65_536 / filling.length));
  for (let sent = 0; sent < length; sent += piece.length) {
    yield piece;
    if ((sent / piece.length) % 64 === 0) meter.peakBytes = Math.max(meter.peakBytes, process.memoryUsage.rss());
  }
  yield encoder.encode(after);
}

async function importEndless(parts: Parts, length = LINE_BYTES) {
  await using store = openSqliteHistoryStore({ path: ":memory:" });
  const beforeBytes = process.memoryUsage.rss();
  const meter = { peakBytes: beforeBytes };
  const report = await importHistory(endless(parts, meter, length), { store, userId: "ada" });
  return { report, grownBytes: meter.peakBytes - beforeBytes };
}

const row = (title: string) => `A,${title},20 Nov 2020 09:35\n`;
const listen = (title: string) =>
  JSON.stringify({ listened_at: 1_605_864_900, track_metadata: { artist_name: "A", track_name: title } });

test.each([
  ["without a delimiter", "x"],
  ["of delimiters", ","],
  ["of quotes", '"'],
  ["that a quote opens", 'x""'.padEnd(4, "y")],
])("a line %s that does not end is refused in little memory, its neighbours are kept", async (name, filling) => {
  const opening = name.includes("opens") ? 'A,"' : "";
  const { report, grownBytes } = await importEndless([
    `artist,track,date\n${row("one")}${opening}`,
    filling,
    `\n${row("two")}`,
  ]);
  expect(report).toMatchObject({ rows: 3, inserted: 2, invalid: 1, problems: { tooLong: 1 } });
  expect(report.invalidRows).toEqual([{ line: 3, problem: "tooLong" }]);
  expect(grownBytes).toBeLessThan(LINE_BYTES / 2);
});

test("an object that does not end is refused in little memory, its neighbours are kept", async () => {
  const { report, grownBytes } = await importEndless(
    [`${listen("one")}\n{"title":"`, "x", `"}\n${listen("two")}`],
    OBJECT_BYTES,
  );
  expect(report).toMatchObject({ format: "listenBrainz", inserted: 2, invalidRows: [{ line: 2, problem: "tooLong" }] });
  expect(grownBytes).toBeLessThan(OBJECT_BYTES - 16 * MIB);
});

test.each([
  ["blanks", " "],
  ["line ends", "\n"],
  ["one line", "x"],
  ["open brackets", "[{"],
])("nothing but %s, without end, is no history", async (_, filling) => {
  await expect(importEndless(["", filling, ""], OBJECT_BYTES)).rejects.toMatchObject({
    code: "RECOMMENDER_IMPORT_FORMAT_UNKNOWN",
  });
});
