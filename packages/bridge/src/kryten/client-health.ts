import type { EventRouterStats } from "./event-router.ts";
import type { Metric } from "./health-server.ts";

/** How a client is. */
export interface KrytenHealth extends EventRouterStats {
  readonly connected: boolean;
  readonly uptimeMs: number;
  /** `domain/channel` of each configured channel. */
  readonly channels: readonly string[];
  readonly handlers: number;
  /** Events that found too many waiting. */
  readonly eventsDropped: number;
  readonly eventsPending: number;
  readonly handlerErrors: number;
  readonly handlerTimeouts: number;
  readonly commandsSent: number;
  readonly commandsFailed: number;
}

/** A client's health as figures for Prometheus. */
export function clientMetrics(health: KrytenHealth): readonly Metric[] {
  const counter = (name: string, help: string, value: number): Metric => ({ name, help, type: "counter", value });
  const gauge = (name: string, help: string, value: number): Metric => ({ name, help, type: "gauge", value });
  return [
    gauge("kryten_nats_connected", "Whether the bus can be reached.", health.connected ? 1 : 0),
    gauge("kryten_uptime_seconds", "Time since the client was made.", health.uptimeMs / 1000),
    counter("kryten_events_received_total", "Events received.", health.received),
    counter("kryten_events_malformed_total", "Messages that were no events.", health.malformed),
    counter("kryten_events_duplicate_total", "Events that came twice and were handled once.", health.duplicates),
    counter("kryten_events_dropped_total", "Events that found too many waiting.", health.eventsDropped),
    gauge("kryten_events_pending", "Events that wait for their handler.", health.eventsPending),
    gauge("kryten_event_latency_seconds", "Mean time from the robot to here.", health.averageLatencyMs / 1000),
    counter("kryten_handler_errors_total", "Handlers that failed.", health.handlerErrors),
    counter("kryten_handler_timeouts_total", "Handlers that took too long.", health.handlerTimeouts),
    counter("kryten_commands_sent_total", "Commands that succeeded.", health.commandsSent),
    counter("kryten_commands_failed_total", "Commands that failed.", health.commandsFailed),
  ];
}
