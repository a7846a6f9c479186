import fc from "fast-check";
import type { EChartsOption } from "echarts";
import { afterAll, expect, test, vi } from "vitest";
import { createChartRenderer } from "./chart-renderer.ts";
import { createDiscoveryCurve } from "./discovery-curve.ts";
import { createGroupOverlapChart } from "./group-overlap-chart.ts";
import { createListeningCalendar } from "./listening-calendar.ts";
import { createListeningClock } from "./listening-clock.ts";
import { createListeningTimeline } from "./listening-timeline.ts";
import { createMoodDistribution } from "./mood-distribution.ts";
import { createTopArtistsChart } from "./top-artists-chart.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2026, 2, 1, 23);
const hour = (hours: number, count = 1) => ({ startMs: startMs + hours * hourMs, count });
vi.setConfig({ testTimeout: 180_000 });
const renderer = createChartRenderer({ timeoutMs: 170_000 });
afterAll(() => renderer.close());

/** The parts of an option that tests look at. */
interface Drawn {
  readonly xAxis: { readonly data: readonly string[] };
  readonly yAxis: { readonly data: readonly string[] };
  readonly series: readonly { readonly data: readonly unknown[] }[];
  readonly title: { readonly text: string };
}
const drawn = (option: unknown) => option as Drawn;
const dataOf = (option: unknown) => drawn(option).series[0]?.data;

test("a timeline has a bar for each day, also the silent ones, by the listener's own clock", () => {
  const hours = [hour(0, 2), hour(1, 3), hour(49)];
  const utc = drawn(createListeningTimeline(hours));
  expect(utc.xAxis.data).toEqual(["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]);
  expect(dataOf(utc)).toEqual([2, 3, 0, 1]);
  const berlin = drawn(createListeningTimeline(hours, { timeZone: "Europe/Berlin" }));
  expect(berlin.xAxis.data[0]).toBe("2026-03-02");
  expect(dataOf(berlin)).toEqual([5, 0, 1]);
});

test("a long timeline goes by weeks and months, and no listen is lost", () => {
  const weeks = drawn(createListeningTimeline([hour(0), hour(200 * 24, 4)]));
  expect(weeks.xAxis.data.slice(0, 2)).toEqual(["2026-02-23", "2026-03-02"]);
  const months = createListeningTimeline([hour(0), hour(24 * 365 * 4)]);
  expect(drawn(months).xAxis.data).toHaveLength(48);
  expect(dataOf(months)).toHaveLength(48);
  const units = fc.constantFrom("day", "week", "month" as const);
  const hours = fc.array(
    fc.record({
      startMs: fc.integer({ min: 0, max: 5_000 }).map((at) => at * hourMs),
      count: fc.integer({ min: 1, max: 9 }),
    }),
  );
  fc.assert(
    fc.property(hours, units, (list, unit) => {
      const sorted = list.toSorted((left, right) => left.startMs - right.startMs);
      const counts = dataOf(createListeningTimeline(sorted, { unit: unit as "day" })) as readonly number[];
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(list.reduce((sum, { count }) => sum + count, 0));
    }),
    { numRuns: 30 },
  );
});

test("the most heard artists, fifteen or as many as asked for", () => {
  const artists = Array.from({ length: 30 }, (_, index) => ({ artist: `Artist ${index}`, listens: index }));
  const option = drawn(createTopArtistsChart(artists));
  expect(option.yAxis.data).toHaveLength(15);
  expect(option.yAxis.data[0]).toBe("1. Artist 29");
  expect(dataOf(option)?.slice(0, 2)).toEqual([29, 28]);
  expect(drawn(createTopArtistsChart(artists, { limit: 3, title: "Mine" }))).toMatchObject({
    yAxis: { data: ["1. Artist 29", "2. Artist 28", "3. Artist 27"] },
    title: { text: "Mine" },
  });
});

test("moods are counted, the unknown ones too", () => {
  const moods = ["sad", "unknown", "excited", "sad"].map((quadrant) => ({ quadrant }));
  expect(dataOf(createMoodDistribution(moods))).toMatchObject([
    { name: "excited", value: 1 },
    { name: "sad", value: 2 },
    { name: "unknown", value: 1 },
  ]);
});

test("calendar, clock and curve", () => {
  const hours = [hour(0, 2), hour(1, 3), hour(-24 * 365, 9)];
  expect(dataOf(createListeningCalendar(hours))).toEqual([
    ["2026-03-01", 2],
    ["2026-03-02", 3],
  ]);
  expect(dataOf(createListeningCalendar(hours, { year: 2025 }))).toEqual([["2025-03-01", 9]]);
  const clock = dataOf(createListeningClock(hours, { timeZone: "America/New_York" })) as number[];
  expect([clock[18], clock[19], clock.reduce((sum, count) => sum + count, 0)]).toEqual([11, 3, 14]);
  expect(
    dataOf(
      createDiscoveryCurve([
        { startMs: 0, count: 2 },
        { startMs: dayMs, count: 3 },
      ]),
    ),
  ).toEqual([
    [0, 2],
    [dayMs, 5],
  ]);
  expect(() => createListeningClock(hours, { timeZone: "Mars/Olympus" })).toThrow(
    expect.objectContaining({ code: "RECOMMENDER_CHART_INVALID" }),
  );
});

test("a room's common taste is the same from both sides", () => {
  const ada = [
    { artist: "Elm", listens: 3 },
    { artist: "Oak", listens: 1 },
  ];
  const bea = [
    { artist: "ELM", listens: 1 },
    { artist: "Fir", listens: 1 },
  ];
  expect(
    dataOf(
      createGroupOverlapChart([
        { name: "ada", artists: ada },
        { name: "bea", artists: bea },
      ]),
    ),
  ).toEqual([
    [1, 0, 50],
    [0, 1, 50],
  ]);
});

const artists = ["宇多田ヒカル", "방탄소년단", "<script>alert(1)</script> & {b}"].map((artist, index) => ({
  artist,
  listens: 9 - index,
}));

test("every chart is drawn, with nothing in it too", async () => {
  const hours = [hour(0), hour(30, 4), hour(500)];
  const options = [
    ...[hours, []].flatMap((list) => [
      createListeningTimeline(list),
      createListeningCalendar(list),
      createListeningClock(list),
      createDiscoveryCurve(list),
    ]),
    createTopArtistsChart(artists),
    createTopArtistsChart([]),
    createMoodDistribution([{ quadrant: "sad" }], { theme: "light" }),
    createMoodDistribution([]),
    createGroupOverlapChart([
      { name: "ada", artists },
      { name: "bea", artists: [] },
    ]),
    createGroupOverlapChart([]),
  ];
  // Data alone: the same option goes to a thread, or to a browser as JSON.
  for (const option of options) expect(JSON.parse(JSON.stringify(option))).toEqual(option);
  for (const option of options) {
    const png = Buffer.from(await renderer.renderPng(option, { widthPx: 400, heightPx: 300, scale: 1 }));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([400, 300]);
  }
});

test("markup in names stays text, and long names are cut", async () => {
  const svg = await renderer.renderSvg(
    createTopArtistsChart([...artists, { artist: "x".repeat(900), listens: 1 }], {
      title: "<img src=x>",
      subtitle: "a\n&b",
    }),
  );
  expect(svg).toContain("&lt;script&gt;");
  expect(svg).toContain("&lt;img src=x&gt;");
  expect(svg).not.toMatch(/<script|<img/);
  expect(svg).not.toContain("x".repeat(40));
});

test("letters of Japanese, Korean and Latin come from the fonts, and differ from one another", async () => {
  const drawings = await Promise.all(
    ["あ", "한", "Ж", "\u{e000}"].map(async (title) => {
      const png = await renderer.renderPng(createTopArtistsChart([], { title }), {
        widthPx: 200,
        heightPx: 100,
        scale: 1,
      });
      return Buffer.from(png).toString("base64");
    }),
  );
  expect(new Set(drawings).size).toBe(4);
});

test.each([
  [{ widthPx: 99 }, "widthPx"],
  [{ heightPx: 2_001 }, "heightPx"],
  [{ scale: Number.NaN }, "scale"],
])("%o is refused", async (options, words) => {
  await expect(renderer.renderPng({}, options)).rejects.toMatchObject({
    code: "RECOMMENDER_CHART_INVALID",
    message: expect.stringContaining(words),
  });
});

test("an option that is no data is refused, one that makes no sense fails alone", async () => {
  const withFunction = { tooltip: { formatter: () => "" } };
  await expect(renderer.renderSvg(withFunction)).rejects.toMatchObject({ code: "RECOMMENDER_CHART_INVALID" });
  const senseless = { series: [{ type: "bar", data: [1] }], xAxis: { gridIndex: 7 }, yAxis: {} };
  await expect(renderer.renderSvg(senseless as never)).rejects.toMatchObject({ code: "RECOMMENDER_CHART_FAILED" });
  expect(await renderer.renderSvg(createTopArtistsChart(artists))).toContain("<svg");
});

test("too many at once are refused, the others come in order; a signal ends the waiting", async () => {
  await using small = createChartRenderer({ waitingLimit: 1, timeoutMs: 170_000, fontFiles: [] });
  const option = createTopArtistsChart(artists);
  const ending = new AbortController();
  const first = small.renderSvg(option);
  const second = small.renderSvg(option, { signal: ending.signal });
  await expect(small.renderSvg(option)).rejects.toMatchObject({ code: "RECOMMENDER_CHART_BUSY", retryable: true });
  ending.abort(new Error("enough"));
  await expect(second).rejects.toThrow("enough");
  expect(await first).toContain("<svg");
});

test("a chart that takes too long is ended, and so is the next one, in a thread of its own", async () => {
  await using strict = createChartRenderer({ timeoutMs: 1, fontFiles: [] });
  // So much that even a machine that is held up meanwhile sees the time run out before it is drawn.
  const data = Array.from({ length: 200_000 }, (_, index) => index % 97);
  const slow: EChartsOption = { xAxis: { type: "category" }, yAxis: {}, series: [{ type: "bar", data }] };
  const failure = { code: "RECOMMENDER_CHART_FAILED", message: expect.stringContaining("it took over 1 ms") as string };
  await expect(strict.renderSvg(slow)).rejects.toMatchObject(failure);
  await expect(strict.renderSvg(slow)).rejects.toMatchObject(failure);
});

test("the start of the thread is no part of a chart's time", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    await using patient = createChartRenderer({ timeoutMs: 20_000, fontFiles: [] });
    const first = patient.renderSvg(createTopArtistsChart(artists));
    vi.advanceTimersByTime(60_000);
    expect(await first).toContain("<svg");
  } finally {
    vi.useRealTimers();
  }
});

test("a renderer that is closed draws nothing, and whoever waited hears of it", async () => {
  const closing = createChartRenderer({ fontFiles: [] });
  const waiting = [1, 2].map(() => closing.renderSvg(createTopArtistsChart(artists)));
  const outcomes = Promise.allSettled(waiting);
  await closing.close();
  await closing.close();
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: "RECOMMENDER_CHART_FAILED" } });
  await expect(closing.renderSvg({})).rejects.toMatchObject({ code: "RECOMMENDER_CHART_FAILED" });
});
