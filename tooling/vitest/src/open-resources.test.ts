import { expect, test } from "vitest";
import { describeLeftOpen } from "./open-resources.ts";

test("says in words what is open beyond the baseline", () => {
  const baseline = { resources: ["PipeWrap", "PipeWrap"], workers: 0 };
  expect(describeLeftOpen(baseline, baseline)).toBeUndefined();
  expect(describeLeftOpen(baseline, { resources: ["PipeWrap"], workers: 0 })).toBeUndefined();
  const resources = ["PipeWrap", "PipeWrap", "TCPServerWrap", "Timeout", "Timeout", "SomethingNew"];
  expect(describeLeftOpen(baseline, { resources, workers: 1 })).toBe(
    "1 TCP server, 2 timers, 1 SomethingNew, 1 worker thread",
  );
});
