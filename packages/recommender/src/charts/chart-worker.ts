import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { describeError } from "@antiphon/std";
import { BarChart, HeatmapChart, LineChart, PieChart } from "echarts/charts";
import {
  CalendarComponent,
  GraphicComponent,
  GridComponent,
  LegendComponent,
  PolarComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { ChartAnswer, ChartOrder, ChartWorkerData } from "./chart-renderer.ts";

use([BarChart, HeatmapChart, LineChart, PieChart]);
use([CalendarComponent, GraphicComponent, GridComponent, LegendComponent, PolarComponent]);
use([TitleComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

const { fontFiles } = workerData as ChartWorkerData;
const fontBuffers = fontFiles.map((path) => readFileSync(path));
const wasm = readFileSync(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm"));
await initWasm(wasm);

parentPort?.on("message", (order: ChartOrder) => answer(order));
parentPort?.postMessage({ id: 0 } satisfies ChartAnswer);

function answer(order: ChartOrder): void {
  const reply = (message: ChartAnswer, moved: readonly ArrayBuffer[] = []) =>
    parentPort?.postMessage(message, [...moved]);
  try {
    const svg = drawSvg(order);
    if (order.format === "svg") return reply({ id: order.id, svg });
    const png = drawPng(svg, order);
    reply({ id: order.id, png }, [png.buffer]);
  } catch (error) {
    reply({ id: order.id, failure: describeError(error) });
  }
}

function drawSvg({ option, widthPx, heightPx }: ChartOrder): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: widthPx, height: heightPx });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Draws at twice the size, for screens with small dots. */
function drawPng(svg: string, { widthPx, scale }: ChartOrder): Uint8Array<ArrayBuffer> {
  const font = { fontBuffers, defaultFontFamily: "Noto Sans", sansSerifFamily: "Noto Sans" };
  const drawing = new Resvg(svg, { font, fitTo: { mode: "width", value: Math.round(widthPx * scale) } });
  const image = drawing.render();
  try {
    // A copy of its own, as what the module gives lies in its memory.
    return Uint8Array.from(image.asPng());
  } finally {
    image.free();
    drawing.free();
  }
}
