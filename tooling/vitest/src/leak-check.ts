import { subscribe } from "node:diagnostics_channel";
import type { Worker } from "node:worker_threads";
import { afterAll } from "vitest";
import { describeLeftOpen, type OpenResources } from "./open-resources.ts";

// A setup file: it runs once before each test file, in the process of that file.

const POLL_MS = 20;
/**
 * How often is looked whether resources are gone after the last test, 15 s at the least. Closing a socket takes a few turns of the
 * event loop, but the end of a child process or of a thread takes as long as a busy machine lets it. Turns are counted rather
 * than time: a process that was kept from running has not waited.
 */
const GRACE_POLLS = 750;
/** Ends a wait that hangs. */
const LIMIT_MS = 120_000;

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
  let leftOpen = describeLeftOpen(baseline, openNow());
  for (let polls = 0; leftOpen !== undefined && polls < GRACE_POLLS; polls++) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    leftOpen = describeLeftOpen(baseline, openNow());
  }
  if (leftOpen !== undefined) {
    throw new Error(
      `After its last test this file left open: ${leftOpen}. Close what the tests open, in afterEach or with \`await using\`.`,
    );
  }
}, LIMIT_MS);
