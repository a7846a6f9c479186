import type { EChartsOption } from "echarts";

/** What every chart takes. */
export interface ChartOptions {
  /** What stands above the chart; each has a title of its own by default. */
  readonly title?: string | undefined;
  /** What stands below the title, such as the listener's name and the period. */
  readonly subtitle?: string | undefined;
  /** Defaults to `dark`, as Discord is for most. */
  readonly theme?: "dark" | "light" | undefined;
}

/** The colours of a theme; text on its background has a contrast of 7:1 and more. */
export interface ChartColours {
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly accent: string;
  /** For parts beside one another; told apart by lightness too. */
  readonly parts: readonly string[];
  /** From little to much. */
  readonly scale: readonly string[];
}

const themes: Readonly<Record<"dark" | "light", ChartColours>> = {
  dark: {
    background: "#1e1f22",
    text: "#f2f3f5",
    faint: "#b5bac1",
    line: "#3f4147",
    accent: "#7c9cff",
    parts: ["#ffc145", "#ff6b6b", "#5c7cfa", "#63e6be", "#ced4da", "#868e96"],
    scale: ["#2b2d31", "#31497e", "#4a6fd0", "#7c9cff", "#c9d6ff"],
  },
  light: {
    background: "#ffffff",
    text: "#1e1f22",
    faint: "#4e5058",
    line: "#d4d7dc",
    accent: "#3b5bdb",
    parts: ["#e67700", "#c92a2a", "#364fc7", "#087f5b", "#868e96", "#495057"],
    scale: ["#f1f3f5", "#bac8ff", "#748ffc", "#4263eb", "#22348f"],
  },
};

/** The fonts a chart asks for; the first that has a letter draws it. */
export const chartFontFamily = "Noto Sans, Noto Sans JP, Noto Sans KR, Noto Sans Hans, sans-serif";

/** The colours of a chart's theme. */
export function coloursOf({ theme = "dark" }: ChartOptions): ChartColours {
  return themes[theme];
}

/** Takes emoji and letters with their marks whole. */
const segmenter = new Intl.Segmenter();

/** A text that fits where it stands. */
export function cut(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= length) return line;
  const letters = Array.from(segmenter.segment(line), ({ segment }) => segment);
  return letters.length <= length ? line : `${letters.slice(0, length - 1).join("")}…`;
}

const TITLE_LENGTH = 60;
const SUBTITLE_LENGTH = 90;

/** What all charts have in common: title, colours, font, and nothing that moves. Plain data, so that it can be sent anywhere. */
export function frame(title: string, options: ChartOptions): EChartsOption {
  const { background, text, faint, parts, accent } = coloursOf(options);
  return {
    animation: false,
    backgroundColor: background,
    color: [accent, ...parts],
    textStyle: { fontFamily: chartFontFamily, color: text },
    title: {
      text: cut(options.title ?? title, TITLE_LENGTH),
      subtext: cut(options.subtitle ?? "", SUBTITLE_LENGTH),
      left: 24,
      top: 16,
      textStyle: { color: text, fontSize: 20, fontFamily: chartFontFamily },
      subtextStyle: { color: faint, fontSize: 13, fontFamily: chartFontFamily },
    },
  };
}

/** The look of an axis. */
export function axisStyle(options: ChartOptions) {
  const { faint, line } = coloursOf(options);
  return {
    axisLabel: { color: faint, fontFamily: chartFontFamily },
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: line } },
  };
}

/** What stands in the middle of a chart that has nothing to show. */
export function emptyNote(isEmpty: boolean, options: ChartOptions): EChartsOption {
  if (!isEmpty) return {};
  const { faint } = coloursOf(options);
  const style = { text: "Nothing heard yet", fill: faint, fontSize: 16, fontFamily: chartFontFamily };
  return { graphic: [{ type: "text", left: "center", top: "middle", style }] };
}
