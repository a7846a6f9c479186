import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { abortReason, describeError } from "@antiphon/std";
import type { EChartsOption } from "echarts";
import { RecommenderError } from "../error.ts";
import { findChartFonts } from "./chart-fonts.ts";

/** Options of {@link createChartRenderer}. */
export interface ChartRendererOptions {
  /** TrueType and OpenType files that letters are looked for in, in this order. Defaults to those of the font packages that are installed. */
  readonly fontFiles?: readonly string[] | undefined;
  /** How many charts may wait before more are refused. Defaults to 32. */
  readonly waitingLimit?: number | undefined;
  /** How long one chart may take before its thread is ended, in milliseconds; the start of the thread does not count. Defaults to 20,000. */
  readonly timeoutMs?: number | undefined;
}

/** How a chart is drawn. */
export interface RenderChartOptions {
  /** From 100 to 2,000. Defaults to 800. */
  readonly widthPx?: number | undefined;
  /** From 100 to 2,000. Defaults to 450. */
  readonly heightPx?: number | undefined;
  /** How many dots of a PNG stand for one of the chart, from 1 to 3. Defaults to 2. */
  readonly scale?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Draws charts in a thread of its own, one after another: voice shares the process. */
export interface ChartRenderer extends AsyncDisposable {
  /**
   * A chart as PNG, for Discord.
   *
   * @throws RecommenderError RECOMMENDER_CHART_INVALID, RECOMMENDER_CHART_FAILED, RECOMMENDER_CHART_BUSY
   */
  renderPng(option: EChartsOption, options?: RenderChartOptions): Promise<Uint8Array>;
  /** The same as SVG, for places that have fonts of their own. */
  renderSvg(option: EChartsOption, options?: RenderChartOptions): Promise<string>;
  /** Ends the thread; charts that wait fail. Idempotent. */
  close(): Promise<void>;
}

/** What the thread is told. */
export interface ChartOrder {
  readonly id: number;
  readonly format: "png" | "svg";
  readonly option: EChartsOption;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly scale: number;
}

/** What the thread says; first of all, with the id 0, that it is ready. */
export type ChartAnswer = {
  readonly id: number;
  readonly png?: Uint8Array;
  readonly svg?: string;
  readonly failure?: string;
};

/** How long a thread may take to start: it loads much, and a busy machine takes its time for it. */
const START_LIMIT_MS = 120_000;

/** What the thread begins with. */
export interface ChartWorkerData {
  readonly fontFiles: readonly string[];
}

interface Waiting {
  readonly order: ChartOrder;
  readonly resolve: (answer: ChartAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
}

/** Builds a {@link ChartRenderer}; its thread starts with the first chart and does not keep the process alive. */
export function createChartRenderer(options: ChartRendererOptions = {}): ChartRenderer {
  const { waitingLimit = 32, timeoutMs = 20_000 } = options;
  const waiting: Waiting[] = [];
  let worker: Worker | undefined;
  let isReady = false;
  let current: Waiting | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastId = 0;
  let isClosed = false;

  const settle = (finish: (waiting: Waiting) => void) => {
    const done = current;
    current = undefined;
    clearTimeout(timer);
    worker?.unref();
    if (done !== undefined) finish(done);
    next();
  };
  const stop = (failure: RecommenderError) => {
    const ended = worker;
    worker = undefined;
    settle(({ reject }) => reject(failure));
    return ended?.terminate();
  };
  const limit = (limitMs: number) => {
    clearTimeout(timer);
    if (current !== undefined) timer = setTimeout(() => void stop(failed(`it took over ${limitMs} ms`)), limitMs);
  };
  const start = (): Worker => {
    const entry = createRequire(import.meta.url).resolve("@antiphon/recommender/chart-worker");
    const fontFiles = options.fontFiles ?? findChartFonts();
    isReady = false;
    const started = new Worker(entry, { name: "antiphon-charts", workerData: { fontFiles } satisfies ChartWorkerData });
    started.unref();
    started.on("message", (answer: ChartAnswer) => {
      if (answer.id === 0 && worker === started) {
        isReady = true;
        limit(timeoutMs);
      }
      if (answer.id !== current?.order.id) return;
      const { failure } = answer;
      settle(({ resolve, reject }) => (failure === undefined ? resolve(answer) : reject(failed(failure))));
    });
    started.on("error", (error) => void (worker === started && stop(failed(describeError(error), error))));
    started.on("exit", (code) => void (worker === started && stop(failed(`its thread exited with code ${code}`))));
    return started;
  };
  const next = () => {
    if (current !== undefined) return;
    current = waiting.shift();
    if (current === undefined) return;
    if (current.signal?.aborted === true) {
      const { signal } = current;
      settle(({ reject }) => reject(abortReason(signal)));
      return;
    }
    worker ??= start();
    worker.ref();
    limit(isReady ? timeoutMs : START_LIMIT_MS);
    worker.postMessage(current.order);
  };

  const render = (
    format: ChartOrder["format"],
    option: EChartsOption,
    own: RenderChartOptions,
  ): Promise<ChartAnswer> => {
    const { widthPx = 800, heightPx = 450, scale = 2, signal } = own;
    const order = { id: ++lastId, format, option: toPlain(option), widthPx, heightPx, scale };
    checkOrder(order);
    if (isClosed) return Promise.reject(failed("the renderer is closed"));
    if (waiting.length >= waitingLimit) {
      const text = `Cannot draw the chart: ${waitingLimit} are waiting already. Try again in a moment.`;
      return Promise.reject(new RecommenderError("RECOMMENDER_CHART_BUSY", text, { retryable: true }));
    }
    return new Promise((resolve, reject) => {
      waiting.push({ order, resolve, reject, signal });
      next();
    });
  };

  const renderer: ChartRenderer = {
    renderPng: async (option, own = {}) => (await render("png", option, own)).png ?? new Uint8Array(),
    renderSvg: async (option, own = {}) => (await render("svg", option, own)).svg ?? "",
    async close() {
      isClosed = true;
      for (const { reject } of waiting.splice(0)) reject(failed("the renderer was closed"));
      await stop(failed("the renderer was closed"));
    },
    [Symbol.asyncDispose]: () => renderer.close(),
  };
  return renderer;
}

/** An option as data alone: functions cannot go to a thread. */
function toPlain(option: EChartsOption): EChartsOption {
  try {
    return structuredClone(option);
  } catch (error) {
    throw invalid("its option holds something that is no data, such as a function", error);
  }
}

function checkOrder({ widthPx, heightPx, scale }: ChartOrder): void {
  for (const [name, size] of Object.entries({ widthPx, heightPx }))
    if (!(size >= 100 && size <= 2_000)) throw invalid(`${name} must be from 100 to 2,000, not ${size}`);
  if (!(scale >= 1 && scale <= 3)) throw invalid(`scale must be from 1 to 3, not ${scale}`);
}

function invalid(what: string, cause?: unknown): RecommenderError {
  return new RecommenderError("RECOMMENDER_CHART_INVALID", `Cannot draw the chart: ${what}.`, { cause });
}

function failed(what: string, cause?: unknown): RecommenderError {
  return new RecommenderError("RECOMMENDER_CHART_FAILED", `Cannot draw the chart: ${what}.`, { cause });
}
