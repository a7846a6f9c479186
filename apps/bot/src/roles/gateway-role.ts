import { openDiscordGatewayRole, type DiscordGatewayRole } from "@antiphon/bridge/discord";
import type { BusTransport } from "@antiphon/bridge";
import { resolveIntents } from "@antiphon/core";
import { createGateway } from "@antiphon/gateway";
import { createHealthMonitor, startHealthServer, type HealthServer } from "@antiphon/patterns/health";
import type { GatewayInfo } from "@antiphon/protocol/discord";
import { createRest } from "@antiphon/rest";
import {
  describeError,
  isAntiphonError,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type Logger,
  type Random,
} from "@antiphon/std";
import { openBus } from "../bus/open-bus.ts";
import type { BotConfig } from "../config/bot-config.ts";
import { intentsOf } from "../discord-client.ts";
import { applicationIdOf } from "./application-id.ts";

/** Options of {@link startGatewayRole}. */
export interface GatewayRoleProcessOptions {
  readonly config: BotConfig;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly signal?: AbortSignal | undefined;
}

/** The process of a bot on many that holds connections to Discord and does nothing else. */
export interface GatewayRoleProcess extends AsyncDisposable {
  readonly role: DiscordGatewayRole;
  /** Where it is told whether it is well, if it is. */
  readonly healthServer: HealthServer | undefined;
  /** Gives the shards back, so that others resume them; idempotent. */
  close(): Promise<void>;
}

/** Starts the role `gateway`: takes shards and publishes what they receive on the bus. */
export async function startGatewayRole(options: GatewayRoleProcessOptions): Promise<GatewayRoleProcess> {
  const { config, logger = silentLogger, clock = systemClock, random = systemRandom, signal } = options;
  const { token, api, shards } = config.discord;
  await using opened = new AsyncDisposableStack();
  const rest = opened.use(createRest({ token, api, clock, random, logger }));
  const applicationId = await applicationIdOf(rest, signal);
  const bus = opened.use(await openBus(config.bus, { clock, applicationId }));
  const gatewayInfo = () => rest.request<GatewayInfo>("GET", "/gateway/bot");
  const intents = resolveIntents(intentsOf(config));
  const role = opened.use(
    await openDiscordGatewayRole({
      bus,
      applicationId,
      gatewayInfo,
      replicas: config.bus.replicas,
      reshard: shards === "auto" ? "auto" : "manual",
      openShard: (shard) =>
        createGateway({ ...shard, token, intents, gatewayInfo, shardIds: [shard.shardId], clock, random, logger }),
      clock,
      random,
      logger,
      ...(signal === undefined ? {} : { signal }),
    }),
  );
  const healthServer = await openHealth(opened, { config, bus, role, clock, logger });
  if (typeof shards === "number") void changeShards(role, shards, logger);
  const running = opened.move();
  const close = () => running.disposeAsync();
  return { role, healthServer, close, [Symbol.asyncDispose]: close };
}

/** Serves whether this process is well, where the configuration wants that. */
async function openHealth(
  opened: AsyncDisposableStack,
  parts: Required<Pick<GatewayRoleProcessOptions, "config" | "clock" | "logger">> & {
    readonly bus: BusTransport;
    readonly role: DiscordGatewayRole;
  },
): Promise<HealthServer | undefined> {
  const { config, bus, role, clock, logger } = parts;
  const { enabled, port, host, healthCheckIntervalMs } = config.monitoring;
  if (!enabled || port === undefined) return undefined;
  const health = opened.use(createHealthMonitor({ checkIntervalMs: healthCheckIntervalMs, logger, clock }));
  let ended = false;
  void role.closed.then(() => (ended = true));
  health.registerService("discord", () => !ended);
  health.registerService("bus", () => bus.stats.outboxSize === 0);
  health.startMonitoring();
  const server = opened.use(await startHealthServer({ health, port, host, logger }));
  logger.info("health is served", { url: server.url });
  return server;
}

/** Gives the bot the number of shards that it is set to have; it goes on with what it has meanwhile, and when that fails. */
async function changeShards(role: DiscordGatewayRole, shardCount: number, logger: Logger): Promise<void> {
  const { shardCount: before } = role.layout;
  if (before === shardCount) return;
  try {
    await role.reshard({ shardCount });
    logger.info("the bot consists of other shards now", { before, shardCount });
  } catch (error) {
    if (isAntiphonError(error, "BRIDGE_CLOSED")) return;
    logger.error("the bot keeps the shards it has", { before, shardCount, error: describeError(error) });
  }
}
