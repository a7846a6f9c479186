/** What keeps a process alive at one moment. */
export interface OpenResources {
  /** The kinds that `process.getActiveResourcesInfo()` lists, one entry for each resource. */
  readonly resources: readonly string[];
  /** How many worker threads run. */
  readonly workers: number;
}

const words: Readonly<Record<string, string>> = {
  Timeout: "timer",
  Immediate: "immediate",
  TCPSocketWrap: "TCP socket",
  TCPServerWrap: "TCP server",
  TLSWrap: "TLS socket",
  UDPWrap: "UDP socket",
  PipeWrap: "pipe",
  ProcessWrap: "child process",
  FSEventWrap: "file watcher",
  MessagePort: "message port",
};

function count(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** What is open now and was not at the baseline, in words (`2 TCP servers, 1 timer`); undefined when nothing is. */
export function describeLeftOpen(baseline: OpenResources, now: OpenResources): string | undefined {
  const before = count(baseline.resources);
  const extra = [...count(now.resources)].map(
    ([kind, total]) => [words[kind] ?? kind, total - (before.get(kind) ?? 0)] as const,
  );
  const all = [...extra, ["worker thread", now.workers - baseline.workers] as const].filter(([, total]) => total > 0);
  if (all.length === 0) return undefined;
  return all.map(([kind, total]) => `${total} ${kind}${total === 1 ? "" : "s"}`).join(", ");
}
