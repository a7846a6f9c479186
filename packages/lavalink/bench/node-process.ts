// A simulated node in a process of its own, told by messages what to do; it ends with the process that forked it.
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";

/** What the benchmark tells the node. */
export type NodeOrder =
  | { readonly kind: "latency"; readonly latencyMs: number }
  /** Cuts every connection and takes none. */
  | { readonly kind: "die" }
  /** Sends so many positions of each of the players, then one of 999,999 ms for the last of them. */
  | { readonly kind: "updates"; readonly guildIds: readonly string[]; readonly rounds: number }
  | { readonly kind: "count" };

/** What the node answers to every order. */
export interface NodeAnswer {
  readonly players: number;
  /** Tracks that were started so far. */
  readonly starts: number;
}

const simulator = await startLavalinkSimulator({ playerUpdateIntervalMs: 3_600_000 });
const answer = (): NodeAnswer => {
  const starts = simulator.requests.filter(({ method, body }) => method === "PATCH" && hasTrack(body)).length;
  return { players: simulator.players.length, starts };
};

function hasTrack(body: unknown): boolean {
  return typeof body === "object" && body !== null && "track" in body;
}

function sendUpdates(guildIds: readonly string[], rounds: number): void {
  const send = (guildId: string, position: number) => {
    const state = { time: Date.now(), position, connected: true, ping: 20 };
    simulator.faults.sendRaw(JSON.stringify({ op: "playerUpdate", guildId, state }));
  };
  for (let round = 0; round < rounds; round++) for (const guildId of guildIds) send(guildId, 1000 + round);
  send(guildIds.at(-1) ?? "", 999_999);
}

process.on("message", (order: NodeOrder) => {
  if (order.kind === "latency") simulator.faults.latencyMs = order.latencyMs;
  if (order.kind === "die") simulator.faults.unreachable = true;
  if (order.kind === "updates") sendUpdates(order.guildIds, order.rounds);
  process.send?.(answer());
});
process.on("disconnect", () => process.exit());
process.send?.({ port: simulator.port });
