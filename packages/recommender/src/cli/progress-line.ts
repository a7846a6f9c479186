import type { RecommendIo } from "./recommend-io.ts";

const BAR_WIDTH = 24;

/** One line of a terminal that changes; nothing elsewhere, where it would only fill a log. */
export interface ProgressLine {
  /** Shows how much is done, from 0 to 1, and what there is to say of it. */
  show(doneRatio: number, text: string): void;
  clear(): void;
}

/** Whether a stream may be written to in colours. */
export function usesColor(stream: RecommendIo["stdout"], env: RecommendIo["env"]): boolean {
  if ((env.NO_COLOR ?? "") !== "") return false;
  return stream.isTTY === true || (env.FORCE_COLOR ?? "0") !== "0";
}

/** Builds a {@link ProgressLine} on the standard error output. */
export function createProgressLine({ stderr, env }: RecommendIo, isQuiet: boolean): ProgressLine {
  const isShown = stderr.isTTY === true && !isQuiet;
  const [color, plain] = usesColor(stderr, env) ? ["\u001B[36m", "\u001B[39m"] : ["", ""];
  return {
    show(doneRatio, text) {
      if (!isShown) return;
      const ratio = Math.min(1, Math.max(0, doneRatio));
      const filled = Math.round(ratio * BAR_WIDTH);
      const bar = `${color}${"#".repeat(filled)}${plain}${".".repeat(BAR_WIDTH - filled)}`;
      stderr.write(`\r\u001B[K[${bar}] ${String(Math.floor(ratio * 100)).padStart(3)} %  ${text}`);
    },
    clear() {
      if (isShown) stderr.write("\r\u001B[K");
    },
  };
}
