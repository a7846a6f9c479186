import type { EChartsOption } from "echarts";
import type { TimedCount } from "../store/listening-log.ts";
import { axisStyle, coloursOf, emptyNote, frame, type ChartOptions } from "./chart-frame.ts";

/** How many different tracks somebody has heard up to each day (from `HistoryStore.discoveryDays`). */
export function createDiscoveryCurve(days: readonly TimedCount[], options: ChartOptions = {}): EChartsOption {
  let known = 0;
  const points = days.map(({ startMs, count }) => [startMs, (known += count)]);
  const { accent } = coloursOf(options);
  const style = axisStyle(options);
  return {
    ...frame("Tracks discovered", options),
    ...emptyNote(points.length === 0, options),
    useUTC: true,
    tooltip: { trigger: "axis" },
    grid: { left: 72, right: 32, top: 88, bottom: 48 },
    xAxis: { type: "time", ...style, splitLine: { show: false } },
    yAxis: { type: "value", minInterval: 1, ...style },
    series: [
      {
        type: "line",
        name: "Tracks",
        data: points,
        showSymbol: points.length === 1,
        sampling: "lttb",
        step: "end",
        lineStyle: { color: accent, width: 2 },
        itemStyle: { color: accent },
        areaStyle: { color: accent, opacity: 0.18 },
      },
    ],
  };
}
