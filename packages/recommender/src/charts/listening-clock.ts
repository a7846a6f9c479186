import type { EChartsOption } from "echarts";
import type { TimedCount } from "../store/listening-log.ts";
import { axisStyle, coloursOf, emptyNote, frame } from "./chart-frame.ts";
import type { TimeChartOptions } from "./listening-timeline.ts";
import { localClock } from "./local-time.ts";

/** At which hours of the day somebody listens, as a clock of 24 hours (from `HistoryStore.listeningHours`). */
export function createListeningClock(hours: readonly TimedCount[], options: TimeChartOptions = {}): EChartsOption {
  const clock = localClock(options.timeZone);
  const counts = Array.from({ length: 24 }, () => 0);
  for (const { startMs, count } of hours) {
    const { hour } = clock(startMs);
    counts[hour] = (counts[hour] ?? 0) + count;
  }
  const style = axisStyle(options);
  return {
    ...frame("Hours of the day", options),
    ...emptyNote(hours.length === 0, options),
    tooltip: { trigger: "item" },
    polar: { center: ["50%", "57%"], radius: ["18%", "72%"] },
    angleAxis: {
      type: "category",
      data: counts.map((_, hour) => `${String(hour).padStart(2, "0")}:00`),
      startAngle: 90,
      ...style,
      axisLabel: { ...style.axisLabel, interval: 2 },
    },
    radiusAxis: { type: "value", minInterval: 1, ...style, axisLabel: { show: false }, axisLine: { show: false } },
    series: [
      {
        type: "bar",
        name: "Listens",
        coordinateSystem: "polar",
        data: counts,
        itemStyle: { color: coloursOf(options).accent },
      },
    ],
  };
}
