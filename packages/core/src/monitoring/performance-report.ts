import type { PerformanceMetrics } from "./performance-metrics.ts";

const BUSIEST_DISPATCHES = 5;

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}

function milliseconds(durationMs: number): string {
  return `${durationMs.toFixed(durationMs < 10 ? 2 : 0)} ms`;
}

/** What the batcher, the breakers, the shards and the error handler do, as far as there are any. */
function recoveryLines({ client, batchedRatio }: PerformanceMetrics): string[] {
  const { requests, shards, recovery } = client;
  const lines: string[] = [];
  if (requests.batcher !== undefined) {
    const { batches, waiting } = requests.batcher;
    lines.push(`batches       ${batches}, ${percent(batchedRatio ?? 0)} of the calls joined lately, ${waiting} wait`);
  }
  for (const [name, { state, recoversInMs, rejected }] of Object.entries(requests.breakers)) {
    const trial = recoversInMs > 0 ? `, tries again in ${milliseconds(recoversInMs)}` : "";
    lines.push(`breaker       ${name}: ${state}, ${rejected} calls refused${trial}`);
  }
  if (shards.length > 0) {
    const byStatus = Object.entries(Object.groupBy(shards, ({ status }) => status));
    lines.push(`shards        ${byStatus.map(([status, list]) => `${list.length} ${status}`).join(", ")}`);
  }
  if (recovery !== undefined)
    lines.push(`recovery      ${recovery.retries} repetitions, ${recovery.recoveries} of them successful in the end`);
  return lines;
}

function requestLines(metrics: PerformanceMetrics): string[] {
  const { client, requestsTotal, requestsFailed, requestsPerSecond, meanResponseMs, rateLimited } = metrics;
  const { calls, pending, transport } = client.requests;
  const lines = [
    `requests      ${requestsTotal} (${requestsFailed} failed, ${pending} pending), ${requestsPerSecond.toFixed(1)}/s`,
    `              mean ${milliseconds(meanResponseMs)}, longest ${milliseconds(calls.maximumMs)}, ` +
      `${percent(metrics.requestFailureRatio)} failed lately`,
  ];
  if (transport === undefined) return lines;
  const { retries, waitingForBucket, waitingForGlobal, invalidRequests, buckets, pool } = transport;
  lines.push(
    `rate limits   ${rateLimited ?? 0} hit lately, ${waitingForBucket} calls wait for a bucket, ${waitingForGlobal} for the global limit`,
    `              ${invalidRequests} of 10000 invalid requests, ${retries} retries, ${buckets} buckets`,
  );
  if (pool !== undefined) {
    const { connected, running, free, pending: waiting } = pool;
    lines.push(
      `connections   ${connected} open (${running} busy, ${free} free), ${waiting} calls wait for one, ` +
        `${percent(metrics.connectionReuseRatio ?? 0)} reused lately`,
    );
  }
  return lines;
}

function cacheLine({ client }: PerformanceMetrics): string {
  const { items, hitRatio, kinds } = client.cache;
  const parts = Object.entries(kinds).filter(([, kind]) => kind.items > 0);
  const evictions = Object.values(kinds).reduce((sum, kind) => sum + kind.evictions, 0);
  const list = parts.map(([name, kind]) => `${kind.items} ${name}`).join(", ");
  return `cache         ${items} items${list === "" ? "" : ` (${list})`}, ${percent(hitRatio)} hits, ${evictions} evictions`;
}

/** The metrics as lines of text for a person. */
export function performanceReport(metrics: PerformanceMetrics): string {
  const { client, windowMs, dispatchesPerSecond, meanDispatchMs, limiters } = metrics;
  const { state, latencyMs, dispatches, interactions } = client;
  const busiest = Object.entries(dispatches.byName)
    .toSorted(([, left], [, right]) => right - left)
    .slice(0, BUSIEST_DISPATCHES)
    .map(([name, count]) => `${name} ${count}`);
  return [
    `client        ${state}, heartbeat ${latencyMs === undefined ? "unknown" : milliseconds(latencyMs)}, ` +
      `over the last ${(windowMs / 1000).toFixed(0)} s`,
    `dispatches    ${dispatches.count}, ${dispatchesPerSecond.toFixed(1)}/s, mean ${milliseconds(meanDispatchMs)}, ` +
      `longest ${milliseconds(dispatches.maximumMs)}`,
    ...(busiest.length > 0 ? [`              ${busiest.join(", ")}`] : []),
    `interactions  ${interactions.handled} handled, ${interactions.failed} failed, ${interactions.unhandled} without a handler, ` +
      `${interactions.deferredAutomatically} deferred by themselves`,
    ...requestLines(metrics),
    ...recoveryLines(metrics),
    cacheLine(metrics),
    ...Object.entries(limiters).map(
      ([name, { waits, rejections }]) => `limiter       ${name}: ${waits} waits, ${rejections} rejections`,
    ),
    ...(client.droppedEvents > 0 ? [`lost events   ${client.droppedEvents}, by slow readers of events()`] : []),
  ].join("\n");
}
