import type { EChartsOption } from "echarts";
import type { ArtistCount } from "../store/listening-log.ts";
import { axisStyle, coloursOf, cut, emptyNote, frame, type ChartOptions } from "./chart-frame.ts";

/** Options of {@link createTopArtistsChart}. */
export interface TopArtistsChartOptions extends ChartOptions {
  /** How many artists it shows. Defaults to 15. */
  readonly limit?: number | undefined;
}

const NAME_LENGTH = 28;

/** A listener's most heard artists (`HistoryStore.topArtists`), the most heard on top. */
export function createTopArtistsChart(
  artists: readonly ArtistCount[],
  options: TopArtistsChartOptions = {},
): EChartsOption {
  const { limit = 15 } = options;
  const shown = artists.toSorted((left, right) => right.listens - left.listens).slice(0, limit);
  const { text, accent } = coloursOf(options);
  const style = axisStyle(options);
  return {
    ...frame("Top artists", options),
    ...emptyNote(shown.length === 0, options),
    tooltip: { trigger: "item" },
    grid: { left: 24, right: 72, top: 88, bottom: 24, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "value", minInterval: 1, ...style, axisLabel: { show: false } },
    yAxis: {
      type: "category",
      inverse: true,
      // The place keeps two artists apart whose names are cut alike.
      data: shown.map(({ artist }, index) => `${index + 1}. ${cut(artist, NAME_LENGTH)}`),
      ...style,
      axisLabel: { ...style.axisLabel, color: text },
      splitLine: { show: false },
    },
    series: [
      {
        type: "bar",
        name: "Listens",
        data: shown.map(({ listens }) => listens),
        itemStyle: { color: accent, borderRadius: [0, 3, 3, 0] },
        label: { show: true, position: "right", color: text },
      },
    ],
  };
}
