import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineBench } from "@antiphon/bench";
import { createLogger } from "@antiphon/patterns/logging";
import { pino } from "pino";

const LINES = 20_000;

const folder = mkdtempSync(join(tmpdir(), "antiphon-logging-bench-"));
// The same destination for both: what is compared is the way from the call to the line.
const destinationOf = (name: string) => pino.destination({ dest: join(folder, name), sync: true, minLength: 8_192 });
const ours = createLogger({ destination: destinationOf("ours.log") });
const shape = {
  base: null,
  messageKey: "message",
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (level: string) => ({ level }) },
};
const plain = pino(shape, destinationOf("plain.log"));
const redacting = pino(
  { ...shape, redact: { paths: ["token", "password", "*.token", "*.password"], censor: "[redacted]" } },
  destinationOf("redacting.log"),
);
const fields = { guildId: "123456789012345678", user: "robin", title: "Tidewater", positionMs: 12_345, paused: false };

function subject() {
  for (let index = 0; index < LINES; index++) ours.info("a track has started", fields);
}
const rival = (name: string, logger: typeof plain) => ({
  name,
  version: "10.4.0",
  operationsPerRun: LINES,
  run() {
    for (let index = 0; index < LINES; index++) logger.info(fields, "a track has started");
  },
});

/** A line of five fields into a file, against the same lines without redaction, which ours does by default. */
export const file = defineBench({
  name: "logger to a file, 5 fields",
  unit: "µs CPU/op",
  subject: { name: "createLogger info", operationsPerRun: LINES, run: subject },
  rival: rival("pino info", plain),
  bar: { atMostTimesRival: 1 / 0.9 },
});

/** The same against pino's own redaction. */
export const fileRedacted = defineBench({
  name: "logger to a file, 5 fields, both with redaction",
  unit: "µs CPU/op",
  subject: { name: "createLogger info", operationsPerRun: LINES, run: subject },
  rival: rival("pino info, redact", redacting),
  teardown: () => rmSync(folder, { recursive: true, force: true }),
});
