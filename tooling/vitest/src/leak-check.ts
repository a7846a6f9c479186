import { subscribe } from "node:diagnostics_channel";
import type { Worker } from "node:worker_threads";
import { afterAll } from "vitest";
import { describeLeftOpen, type OpenResources } from "./open-resources.ts";

// A setup file: it runs once before each test file, in the process of that file.

/** How long resources may take to go after the last test; closing a socket takes a few turns of the event loop. */
const GRACE_MS = 2_000;
const POLL_MS = 20;

// getActiveResourcesInfo does not list worker threads.
const workers = new Set<Worker>();
subscribe("worker_threads", (message) => {
  const { worker } = message as { worker: Worker };
  workers.add(worker);
  worker.once("exit", () => workers.delete(worker));
});

const openNow = (): OpenResources => ({ resources: process.getActiveResourcesInfo(), workers: workers.size });

// Node creates these on first use; a test that is the first to print, or whose imports look at stdin, must not be blamed for them.
void [process.stdin, process.stdout, process.stderr];
const baseline = openNow();

afterAll(async () => {
  const deadlineMs = performance.now() + GRACE_MS;
  let leftOpen = describeLeftOpen(baseline, openNow());
  while (leftOpen !== undefined && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    leftOpen = describeLeftOpen(baseline, openNow());
  }
  if (leftOpen !== undefined) {
    throw new Error(
      `After its last test this file left open: ${leftOpen}. Close what the tests open, in afterEach or with \`await using\`.`,
    );
  }
}, GRACE_MS * 2);
