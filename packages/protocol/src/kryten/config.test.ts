import { expect, test } from "vitest";
import {
  channelConfigSchema,
  krytenConfigSchema,
  metricsConfigSchema,
  natsConfigSchema,
  parseKrytenConfig,
} from "./config.ts";
import { substituteEnvironment } from "./environment.ts";

const minimal = { nats: { servers: ["nats://localhost:4222"] }, channels: [{ domain: "cytu.be", channel: "lounge" }] };

test("a minimal configuration gets kryten's defaults", () => {
  expect(parseKrytenConfig(minimal)).toEqual({
    nats: {
      servers: ["nats://localhost:4222"],
      connectTimeoutMs: 10_000,
      reconnectWaitMs: 2_000,
      maximumReconnectAttempts: -1,
      pingIntervalMs: 120_000,
    },
    channels: [{ domain: "cytu.be", channel: "lounge" }],
    retryAttempts: 3,
    retryDelayMs: 1_000,
    handlerTimeoutMs: 30_000,
    maximumConcurrentHandlers: 1_000,
    logLevel: "INFO",
    chatMinimumDelayMs: 1_000,
    chatJitterMs: 500,
  });
});

test("a file of kryten-py is read, its seconds as milliseconds", () => {
  const config = parseKrytenConfig({
    nats: { ...minimal.nats, connect_timeout: 5, tls_ca: "ca.pem", max_reconnect_attempts: 10 },
    channels: minimal.channels,
    service: { name: "My.Bot", version: "2.0.0", heartbeat_interval: 10, enable_heartbeat: false, health_port: 28282 },
    metrics: { port: 9090, health_path: "/healthz" },
    retry_attempts: 5,
    log_level: "debug",
    chat_min_delay: 0.5,
  });
  expect(config.nats).toMatchObject({
    connectTimeoutMs: 5_000,
    tlsAuthorityFile: "ca.pem",
    maximumReconnectAttempts: 10,
  });
  expect(config.service).toEqual({
    name: "my-bot",
    version: "2.0.0",
    enableLifecycle: true,
    enableHeartbeat: false,
    enableDiscovery: true,
    heartbeatIntervalMs: 10_000,
    healthPort: 28282,
    healthPath: "/health",
    metricsPath: "/metrics",
  });
  expect(config.metrics).toMatchObject({ port: 9090, host: "127.0.0.1", healthPath: "/healthz" });
  expect(config).toMatchObject({ retryAttempts: 5, logLevel: "DEBUG", chatMinimumDelayMs: 500 });
});

test("a service beats every 30 seconds unless told", () => {
  const { service } = parseKrytenConfig({ ...minimal, service: { name: "bot" } });
  expect(service).toMatchObject({ enableHeartbeat: true, heartbeatIntervalMs: 30_000 });
});

test("a parsed configuration parses to itself", () => {
  const parsed = parseKrytenConfig({ ...minimal, service: { name: "bot" }, metrics: {} });
  expect(parseKrytenConfig(parsed)).toEqual(parsed);
});

test("what does not fit is named by its field, never by its value", () => {
  const wrong = { nats: { servers: [], password: 5 }, channels: [], retry_attempts: 99 };
  expect(() => parseKrytenConfig(wrong)).toThrow(/nats\.servers.*nats\.password.*channels.*retryAttempts/s);
  expect(() => parseKrytenConfig({ nats: { servers: "x", password: ["hunter2"] } })).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
  );
  expect(() => parseKrytenConfig(null)).toThrow(expect.objectContaining({ code: "KRYTEN_CONFIG_INVALID" }));
  expect(krytenConfigSchema.safeParse({ channels: minimal.channels }).success).toBe(false);
  expect(natsConfigSchema.safeParse({ servers: [] }).success).toBe(false);
  expect(channelConfigSchema.safeParse({ domain: "cytu.be" }).success).toBe(false);
  expect(metricsConfigSchema.parse({}).port).toBe(8080);
});

test("environment variables are put in at any depth, numbers included", () => {
  const environment = { NATS_URL: "nats://bus:4222", PORT: "9090" };
  const given = { ...minimal, nats: { servers: ["${NATS_URL}"] }, metrics: { port: "${PORT}" } };
  const config = parseKrytenConfig(substituteEnvironment(given, environment));
  expect(config.nats.servers).toEqual(["nats://bus:4222"]);
  expect(config.metrics?.port).toBe(9090);
  expect(substituteEnvironment("a ${PORT} b ${PORT} $PORT", environment)).toBe("a 9090 b 9090 $PORT");
});

test("an unset variable is an error that names it and its place", () => {
  const given = { nats: { servers: ["${NOWHERE}"] } };
  expect(() => substituteEnvironment(given, {})).toThrow(
    "configuration.nats.servers[0] needs the environment variable NOWHERE, which is not set.",
  );
  expect(() => substituteEnvironment("${toString}", {})).toThrow(
    expect.objectContaining({ code: "KRYTEN_CONFIG_VARIABLE_UNSET" }),
  );
});
