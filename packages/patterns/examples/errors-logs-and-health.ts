// What an operator sees of a bot: failures that are recorded and partly mended, log lines without secrets, figures for Prometheus and
// pages for an orchestrator, all of them fed by the same few calls.
// Here: `npx node --conditions=@antiphon/source packages/patterns/examples/errors-logs-and-health.ts`; in a project of your own:
// `node errors-logs-and-health.ts`.
import {
  createErrorManager,
  errorContext,
  ExternalServiceError,
  handleErrors,
  Validator,
} from "@antiphon/patterns/errors";
import { createHealthMonitor, startHealthServer } from "@antiphon/patterns/health";
import { createLogger, withLogContext } from "@antiphon/patterns/logging";
import { createMetrics, monitorPerformance } from "@antiphon/patterns/metrics";

const metrics = createMetrics({ prefix: "bot_" });
// Lines go to standard output as JSON; here they are gathered, so that a few of their fields can be shown.
const lines: string[] = [];
await using logger = createLogger({
  name: "bot",
  metrics,
  historyLimit: 100,
  destination: { write: (line) => void lines.push(line) },
});
const errors = createErrorManager({ logger });

// A strategy says which failures it mends and how; the call then succeeds with what it gives.
errors.registerRecovery({
  name: "play from the local library",
  matches: (error) => error instanceof ExternalServiceError,
  recover: () => "a track of our own",
});

let lavalinkWorks = false;
const search = handleErrors(errors)(
  errorContext("search")(
    monitorPerformance(metrics)(async function search(words: string): Promise<string> {
      if (words === "") throw new RangeError("search needs words");
      if (!lavalinkWorks) throw new ExternalServiceError(`no answer for ${words}`, { service: "lavalink" });
      return words;
    }),
  ),
);

// Whatever is logged inside carries the request's fields, however deep the call.
await withLogContext({ requestId: "r-1" }, async () => {
  logger.info("asked", { words: "harbour", token: "MTA0.secret.token" });
  console.log(`found: ${await search("harbour")}`);
  await search("").catch((error: Error) => console.log(`not mended: ${error.message}`));
});
const { total, recovered } = errors.statistics();
console.log(`errors: ${total}, recovered: ${recovered}`);

const [first = "{}"] = lines;
const { requestId, words, token } = JSON.parse(first) as Record<string, unknown>;
console.log("first line:", { requestId, words, token });

// Input from people is checked with an error that does not repeat what they sent.
try {
  Validator.validateType("eleven", "number", "volume");
} catch (error) {
  console.log(`validator: ${(error as Error).message}`);
}

await using health = createHealthMonitor({ logger });
health.on("statusChange", ({ service, from, to }) => console.log(`${service}: ${from} -> ${to}`));
health.registerService("database", () => true);
health.registerService("lavalink", () => lavalinkWorks, { unhealthyAfter: 1 });
await using server = await startHealthServer({ health, metrics });

await health.checkAllServices();
const ready = async () => (await fetch(`${server.url}/readyz`)).status;
console.log(`/readyz: ${await ready()}`);
lavalinkWorks = true;
await health.checkAllServices();
console.log(`/readyz: ${await ready()}`);

const page = await (await fetch(`${server.url}/metrics`)).text();
console.log(
  page
    .split("\n")
    .filter((line) => /^bot_(log_lines_total|call_duration_ms_count)/.test(line))
    .join("\n"),
);
