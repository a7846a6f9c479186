import type { HealthSource, Metric } from "../kryten/health-server.ts";
import type { CoreBus } from "../bus/bus-transport.ts";
import type { Robot } from "./robot.ts";

/** What a health server tells of a robot: live as long as it runs, ready while it is in its channel and has its bus. */
export function robotHealth(robot: Robot, bus: CoreBus): HealthSource {
  const counter = (name: string, help: string, value: number): Metric => ({ name, help, type: "counter", value });
  const gauge = (name: string, help: string, value: number): Metric => ({ name, help, type: "gauge", value });
  return {
    isLive: () => true,
    isReady: () => robot.joined && bus.connected,
    details: () => ({ cytube_connected: robot.joined, nats_connected: bus.connected, ...robot.stats }),
    metrics() {
      const { published, replayed, lost, commands, failedCommands, reconnects } = robot.stats;
      const { outboxSize, outboxDropped } = bus.stats;
      return [
        gauge("kryten_up", "Whether the robot runs.", 1),
        gauge("kryten_cytube_connected", "Whether the robot is in its channel.", robot.joined ? 1 : 0),
        gauge("kryten_nats_connected", "Whether the bus can be reached.", bus.connected ? 1 : 0),
        counter("kryten_messages_published_total", "Events published.", published),
        counter("kryten_publish_errors_total", "Events that were lost.", lost),
        counter("kryten_chat_replayed_total", "Chat that CyTube repeated and that was not published again.", replayed),
        counter("kryten_commands_processed_total", "Commands and questions answered.", commands),
        counter("kryten_commands_failed_total", "Commands and questions refused.", failedCommands),
        counter("kryten_cytube_reconnects_total", "Joins after the first.", reconnects),
        gauge("kryten_outbox_size", "Events that wait for the bus.", outboxSize),
        counter("kryten_outbox_dropped_total", "Events that found the outbox full.", outboxDropped),
      ];
    },
  };
}
