const FRAME_MS = 100;
const HEARTBEAT_MS = 10_000;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** @param {number} startedMs */
const elapsed = (startedMs) => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;

/**
 * Prints steps on stderr, where they never mix with what a command prints: a spinner with the time on a terminal, plain lines
 * elsewhere.
 *
 * @param {{ readonly isTTY?: boolean, readonly columns?: number, write(text: string): unknown }} stream
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
export function createProgress(stream = process.stderr, environment = process.env) {
  const live = stream.isTTY === true && environment.TERM !== "dumb";
  const colour = live && (environment.NO_COLOR ?? "") === "";
  /** @param {number} code @param {string} text */
  const paint = (code, text) => (colour ? `\u001B[${code}m${text}\u001B[0m` : text);

  return {
    /**
     * Shows a step while `work` runs; `work` gets a function that tells how far it is.
     *
     * @template T
     * @param {string} title
     * @param {(report: (detail: string) => void) => Promise<T>} work
     * @returns {Promise<T>}
     */
    async step(title, work) {
      const startedMs = performance.now();
      let detail = "";
      let frame = 0;
      const draw = () => {
        const text = `${title} ${detail}`.slice(0, Math.max(20, (stream.columns ?? 80) - 16));
        stream.write(
          `\r\u001B[2K${paint(36, FRAMES[frame++ % FRAMES.length] ?? "")} ${text} ${paint(2, elapsed(startedMs))}`,
        );
      };
      if (live) draw();
      else stream.write(`${title} …\n`);
      const beat = () => stream.write(`  ${elapsed(startedMs)} ${detail}\n`);
      const timer = live ? setInterval(draw, FRAME_MS) : setInterval(beat, HEARTBEAT_MS);
      const end = (/** @type {string} */ line) => {
        clearInterval(timer);
        stream.write(live ? `\r\u001B[2K${line}\n` : `${line}\n`);
      };
      try {
        const result = await work((text) => {
          detail = text;
        });
        end(`${paint(32, "✓")} ${title} ${paint(2, elapsed(startedMs))}`);
        return result;
      } catch (error) {
        end(`${paint(31, "✗")} ${title} ${paint(2, elapsed(startedMs))}`);
        throw error;
      }
    },
  };
}
