import { abortReason, type EventSource } from "@antiphon/std";
import { LavalinkError } from "./error.ts";
import type { LavalinkEvent } from "./event.ts";
import type { Node } from "./node.ts";

/** Resolves when a first node is ready; rejects with `LAVALINK_NO_NODE` when every one is lost. */
export function firstReady(
  source: EventSource<LavalinkEvent>,
  nodes: readonly Node[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (nodes.some((node) => node.ready)) return Promise.resolve();
  if (signal?.aborted === true) return Promise.reject(abortReason(signal));
  const reasons = new Map<string, string>();
  return new Promise((resolve, reject) => {
    const subscriptions = [
      source.on("nodeReady", () => settle(resolve)),
      source.on("nodeLost", ({ node, reason }) => {
        reasons.set(node, reason);
        if (reasons.size === nodes.length) settle(() => reject(noNode(reasons)));
      }),
    ];
    const settle = (how: () => void) => {
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      signal?.removeEventListener("abort", onAbort);
      how();
    };
    const onAbort = () => settle(() => reject(abortReason(signal as AbortSignal)));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function noNode(reasons: ReadonlyMap<string, string>): LavalinkError {
  const list = [...reasons].map(([node, reason]) => `${node}: ${reason}`).join("; ");
  const message = `connect: no Lavalink node could be reached (${list}). Check host, port and password; it keeps trying where that can help.`;
  return new LavalinkError("LAVALINK_NO_NODE", message, {
    retryable: true,
    details: { reasons: Object.fromEntries(reasons) },
  });
}
