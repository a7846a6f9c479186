import type { EChartsOption } from "echarts";
import type { TimedCount } from "../store/listening-log.ts";
import { axisStyle, coloursOf, emptyNote, frame, type ChartOptions } from "./chart-frame.ts";
import { dayAfter, localClock, weekOf } from "./local-time.ts";

/** Options of charts over time. */
export interface TimeChartOptions extends ChartOptions {
  /** Whose clock divides the days, by its IANA name. Defaults to UTC. */
  readonly timeZone?: string | undefined;
}

/** Options of {@link createListeningTimeline}. */
export interface ListeningTimelineOptions extends TimeChartOptions {
  /** How long a bar is. Defaults to days up to three months, weeks up to three years, and months beyond. */
  readonly unit?: "day" | "week" | "month" | undefined;
}

const DAYS_BY_DAY = 92;
const DAYS_BY_WEEK = 3 * 366;
const DAY_MS = 86_400_000;

/** Listening over time, from the hours in which a listener heard anything (`HistoryStore.listeningHours`); silent times show too. */
export function createListeningTimeline(
  hours: readonly TimedCount[],
  options: ListeningTimelineOptions = {},
): EChartsOption {
  const clock = localClock(options.timeZone);
  const days = hours.map(({ startMs, count }) => ({ day: clock(startMs).day, count }));
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  const span = first === undefined || last === undefined ? 0 : (Date.parse(last) - Date.parse(first)) / DAY_MS;
  const unit = options.unit ?? (span <= DAYS_BY_DAY ? "day" : span <= DAYS_BY_WEEK ? "week" : "month");
  const slotOf = { day: (day: string) => day, week: weekOf, month: (day: string) => day.slice(0, 7) }[unit];
  const counts = new Map<string, number>();
  if (first !== undefined) for (let at = 0; at <= span; at++) counts.set(slotOf(dayAfter(first, at)), 0);
  for (const { day, count } of days) counts.set(slotOf(day), (counts.get(slotOf(day)) ?? 0) + count);
  const style = axisStyle(options);
  return {
    ...frame(`Listens by the ${unit}`, options),
    ...emptyNote(days.length === 0, options),
    tooltip: { trigger: "axis" },
    grid: { left: 64, right: 32, top: 88, bottom: 48 },
    xAxis: { type: "category", data: [...counts.keys()], ...style },
    yAxis: { type: "value", minInterval: 1, ...style },
    series: [
      {
        type: "bar",
        name: "Listens",
        data: [...counts.values()],
        large: true,
        itemStyle: { color: coloursOf(options).accent, borderRadius: [2, 2, 0, 0] },
      },
    ],
  };
}
