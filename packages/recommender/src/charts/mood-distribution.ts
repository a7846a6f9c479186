import type { EChartsOption } from "echarts";
import { coloursOf, emptyNote, frame, type ChartOptions } from "./chart-frame.ts";

/** A track as far as this chart looks at it; what `MoodAnalyzer` gives fits. */
export interface MoodOfTrack {
  readonly quadrant: string;
}

const order = ["excited", "tense", "sad", "calm", "neutral", "unknown"];

/** How moods are spread over tracks. Those whose mood nobody knows are shown, as they are part of the truth. */
export function createMoodDistribution(tracks: readonly MoodOfTrack[], options: ChartOptions = {}): EChartsOption {
  const counts = new Map<string, number>();
  for (const { quadrant } of tracks) counts.set(quadrant, (counts.get(quadrant) ?? 0) + 1);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const moods = [...counts].sort(([left], [right]) => place(left) - place(right));
  const { parts, text, background } = coloursOf(options);
  return {
    ...frame("Moods", options),
    ...emptyNote(moods.length === 0, options),
    tooltip: { trigger: "item" },
    series: [
      {
        type: "pie",
        name: "Tracks",
        radius: ["38%", "66%"],
        center: ["50%", "56%"],
        itemStyle: { borderColor: background, borderWidth: 2 },
        label: { color: text, formatter: "{b}: {c} ({d} %)" },
        data: moods.map(([name, value]) => ({ name, value, itemStyle: { color: parts[place(name)] ?? "#888888" } })),
      },
    ],
  };
}
