import type { BusTransport } from "@antiphon/bridge";
import type { Client } from "@antiphon/core";
import type { Lavalink } from "@antiphon/lavalink";
import type { HealthMonitor } from "@antiphon/patterns/health";
import type { Metrics } from "@antiphon/patterns/metrics";
import type { Clock } from "@antiphon/std";

/** What is watched. */
export interface WatchedParts {
  readonly client: Client;
  readonly lavalink: Lavalink;
  readonly bus: BusTransport;
  readonly metrics: Metrics;
  readonly health: HealthMonitor;
  /** What the application is called, and its version. */
  readonly application: { readonly name: string; readonly version?: string | undefined };
  readonly clock: Clock;
}

/** Counts interactions and plays, and checks whether Discord and the audio nodes are there. Disposing ends it. */
export function watchBot({
  client,
  lavalink,
  bus,
  metrics,
  health,
  application,
  clock,
}: WatchedParts): AsyncDisposable {
  const handled = metrics.timer("interaction_duration_ms", {
    help: "How long handlers of interactions took",
    labelNames: ["kind", "name", "outcome"],
  });
  client.use(async (context, next) => {
    // Buttons have no name: their ids hold parameters, of which there may be any number.
    const name = "name" in context ? String(context.name) : "";
    const startedMs = clock.monotonicMs();
    let outcome = "failed";
    try {
      await next();
      outcome = "handled";
    } finally {
      handled.observe(clock.monotonicMs() - startedMs, { kind: context.kind, name, outcome });
    }
  });

  metrics
    .gauge("application_info", { help: "Name and version", labelNames: ["name", "version"] })
    .set(1, { name: application.name, version: application.version ?? "" });
  const ending = new AbortController();
  const { signal } = ending;
  const plays = metrics.counter("tracks_started_total", { help: "Tracks that began to play" });
  const ends = metrics.counter("tracks_ended_total", { help: "Tracks that ended, by reason", labelNames: ["reason"] });
  const players = metrics.gauge("players", { help: "Guilds that the bot plays in" });
  const countPlayers = () => players.set(lavalink.players.size);
  countPlayers();
  lavalink.on("trackStart", () => plays.increment(), { signal });
  lavalink.on("trackEnd", ({ reason }) => ends.increment({ reason }), { signal });
  lavalink.on("playerCreate", countPlayers, { signal });
  lavalink.on("playerDestroy", countPlayers, { signal });

  const checks = [
    health.registerService("discord", () => client.state === "connected"),
    health.registerService("audio", () => lavalink.nodes.some(({ ready }) => ready)),
    health.registerService("bus", () => bus.stats.outboxSize === 0),
  ];
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all(checks.map((check) => check[Symbol.asyncDispose]()));
    },
  };
}
