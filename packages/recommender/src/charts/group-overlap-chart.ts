import type { EChartsOption } from "echarts";
import { artistKey } from "../track-key.ts";
import type { ArtistCount } from "../store/listening-log.ts";
import { axisStyle, chartFontFamily, coloursOf, cut, emptyNote, frame, type ChartOptions } from "./chart-frame.ts";

/** Somebody of a room, and what they hear (`HistoryStore.topArtists`). */
export interface OverlapListener {
  readonly name: string;
  readonly artists: readonly ArtistCount[];
}

const NAME_LENGTH = 16;
const MAXIMUM_LISTENERS = 25;

/** How much the tastes of a room's listeners have in common, each with each; 100 % is the same artists in the same shares. */
export function createGroupOverlapChart(
  listeners: readonly OverlapListener[],
  options: ChartOptions = {},
): EChartsOption {
  const shown = listeners.slice(0, MAXIMUM_LISTENERS);
  const tastes = shown.map(({ artists }) => sharesOf(artists));
  const names = shown.map(({ name }, index) => `${index + 1}. ${cut(name, NAME_LENGTH)}`);
  const data = tastes.flatMap((left, row) =>
    tastes.flatMap((right, column) => (row === column ? [] : [[column, row, Math.round(100 * overlap(left, right))]])),
  );
  const { scale, text } = coloursOf(options);
  const style = { ...axisStyle(options), splitLine: { show: false } };
  return {
    ...frame("Common taste", options),
    ...emptyNote(data.length === 0, options),
    tooltip: { trigger: "item" },
    grid: { left: 24, right: 96, top: 88, bottom: 24, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: names,
      position: "bottom",
      ...style,
      axisLabel: { ...style.axisLabel, rotate: 30 },
    },
    yAxis: { type: "category", data: names, inverse: true, ...style },
    visualMap: {
      min: 0,
      max: 100,
      orient: "vertical",
      right: 16,
      top: "center",
      calculable: false,
      text: ["100 %", "0 %"],
      inRange: { color: [...scale] },
      textStyle: { color: text, fontFamily: chartFontFamily },
    },
    series: [{ type: "heatmap", name: "In common, %", data, label: { show: shown.length <= 12, color: text } }],
  };
}

/** The share of each artist in somebody's listens, by key. */
function sharesOf(artists: readonly ArtistCount[]): ReadonlyMap<string, number> {
  const total = artists.reduce((sum, { listens }) => sum + listens, 0);
  const shares = new Map<string, number>();
  for (const { artist, listens } of artists) {
    const key = artistKey(artist);
    shares.set(key, (shares.get(key) ?? 0) + listens / Math.max(1, total));
  }
  return shares;
}

/** The part of listening that two have in common: of each artist the smaller share. */
function overlap(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): number {
  let common = 0;
  for (const [key, share] of left) common += Math.min(share, right.get(key) ?? 0);
  return common;
}
