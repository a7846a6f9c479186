export type { ChartOptions } from "./chart-frame.ts";
export {
  createChartRenderer,
  type ChartRenderer,
  type ChartRendererOptions,
  type RenderChartOptions,
} from "./chart-renderer.ts";
export { createDiscoveryCurve } from "./discovery-curve.ts";
export { createGroupOverlapChart, type OverlapListener } from "./group-overlap-chart.ts";
export { createListeningCalendar, type ListeningCalendarOptions } from "./listening-calendar.ts";
export { createListeningClock } from "./listening-clock.ts";
export { createListeningTimeline, type ListeningTimelineOptions, type TimeChartOptions } from "./listening-timeline.ts";
export { createMoodDistribution, type MoodOfTrack } from "./mood-distribution.ts";
export { createTopArtistsChart, type TopArtistsChartOptions } from "./top-artists-chart.ts";
