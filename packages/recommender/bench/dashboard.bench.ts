import { fileURLToPath } from "node:url";
import { defineBench, measureProcess } from "@antiphon/bench";
import type { DashboardFigures } from "./dashboard-run.ts";

const runner = fileURLToPath(new URL("./dashboard-run.ts", import.meta.url));

export const slowest = defineBench({
  name: "slowest query of a dashboard",
  unit: "ms, p95",
  subject: {
    name: "SQLite store",
    measure: async ({ isQuick }) => {
      const { output } = await measureProcess(runner, isQuick ? ["1000"] : ["10000"]);
      return Math.max(...Object.values(JSON.parse(output) as DashboardFigures));
    },
  },
  bar: { atMost: 50 },
  note: "100,000 tracks, 10,000 listeners (1,000 when quick), 1.9 million listens; statistics, latest, artists, tracks, hours, discoveries, playlists, an artist's tracks.",
});
