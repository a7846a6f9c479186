import type { EChartsOption } from "echarts";
import type { TimedCount } from "../store/listening-log.ts";
import { chartFontFamily, coloursOf, emptyNote, frame } from "./chart-frame.ts";
import type { TimeChartOptions } from "./listening-timeline.ts";
import { localClock } from "./local-time.ts";

/** Options of {@link createListeningCalendar}. */
export interface ListeningCalendarOptions extends TimeChartOptions {
  /** Which year it shows. Defaults to the latest with a listen. */
  readonly year?: number | undefined;
}

/** A year as a field of days, brighter where more was heard (from `HistoryStore.listeningHours`). */
export function createListeningCalendar(
  hours: readonly TimedCount[],
  options: ListeningCalendarOptions = {},
): EChartsOption {
  const clock = localClock(options.timeZone);
  const days = new Map<string, number>();
  for (const { startMs, count } of hours) {
    const { day } = clock(startMs);
    days.set(day, (days.get(day) ?? 0) + count);
  }
  const latest = [...days.keys()].reduce((later, day) => (day > later ? day : later), "1970");
  const year = String(options.year ?? latest.slice(0, 4)).padStart(4, "0");
  const data = [...days].filter(([day]) => day.startsWith(`${year}-`));
  const most = data.reduce((highest, [, count]) => Math.max(highest, count), 1);
  const { background, faint, line, scale, text } = coloursOf(options);
  const label = { color: faint, fontFamily: chartFontFamily };
  return {
    ...frame(`Listening in ${year}`, options),
    ...emptyNote(data.length === 0, options),
    tooltip: { trigger: "item" },
    visualMap: {
      min: 0,
      max: most,
      orient: "horizontal",
      left: "center",
      bottom: 16,
      calculable: false,
      text: [`${most}`, "0"],
      inRange: { color: [...scale] },
      textStyle: { color: text, fontFamily: chartFontFamily },
    },
    calendar: {
      top: 112,
      left: 64,
      right: 32,
      cellSize: ["auto", 30],
      range: year,
      itemStyle: { color: scale[0] ?? background, borderColor: background, borderWidth: 2 },
      splitLine: { lineStyle: { color: line } },
      dayLabel: { firstDay: 1, ...label },
      monthLabel: label,
      yearLabel: { show: false },
    },
    series: [
      {
        type: "heatmap",
        name: "Listens",
        coordinateSystem: "calendar",
        data: data.map(([day, count]) => [day, count]),
      },
    ],
  };
}
