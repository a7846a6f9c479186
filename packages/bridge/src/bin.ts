#!/usr/bin/env node
import { parseArgs } from "node:util";
import { describeError, systemClock, type Logger } from "@antiphon/std";
import type { CoreBus } from "./bus/bus-transport.ts";
import { BridgeError } from "./error.ts";
import { connectKrytenBus } from "./kryten/connect-bus.ts";
import { startHealthServer } from "./kryten/health-server.ts";
import { createAdminKeys, type StopRequest } from "./robot/administration.ts";
import { robotHealth } from "./robot/robot-health.ts";
import { loadRobotConfig, type RobotConfig } from "./robot/robot-config.ts";
import { openRobot } from "./robot/robot.ts";

const HELP = `Connects a CyTube channel to NATS, as kryten's services expect it.

Usage: antiphon-cytube-robot --config FILE
       antiphon-cytube-robot --new-admin-keys

  --config FILE       a .json, .yaml or .yml file; \${NAME} in it is replaced from the environment
  --new-admin-keys    prints a pair of keys: the public one is for the file, with the private one commands are signed
  --help              this text

The file:
  nats:
    servers: [nats://127.0.0.1:4222]
  cytube:
    domain: cytu.be
    channel: lounge
    user: robot                      # without it the robot only listens
    password: \${CYTUBE_PASSWORD}
  health: { port: 8080 }             # optional: /livez /readyz /health /metrics on 127.0.0.1
  administrators:                    # optional: who may shut it down or restart it over the bus
    - { name: operator, publicKey: ... }

Ctrl-C leaves the channel and says good-bye on the bus.
`;

const logger: Logger = {
  trace: () => {},
  debug: () => {},
  info: (message, fields) => print("info", message, fields),
  warn: (message, fields) => print("warn", message, fields),
  error: (message, fields) => print("error", message, fields),
};

function print(level: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const plain = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? describeError(value) : value]),
  );
  process.stderr.write(`${JSON.stringify({ level, message, ...plain })}\n`);
}

/** Runs a robot until it is stopped; resolves with why. */
async function run(config: RobotConfig, signal: AbortSignal): Promise<StopRequest["action"]> {
  const { domain, channel, siteUrl, channelPassword, user, password } = config.cytube;
  const stopped = Promise.withResolvers<StopRequest>();
  const onAbort = () => stopped.resolve({ action: "shutdown", sender: "", reason: "Stopped by a signal", delayMs: 0 });
  signal.addEventListener("abort", onAbort, { once: true });
  await using bus = await connectKrytenBus(config.nats, { name: `robot ${channel}`, clock: systemClock, signal });
  const robot = await openRobot({
    bus,
    domain,
    channel,
    siteUrl,
    channelPassword,
    username: user,
    password,
    redact: config.redact,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    ...(config.administrators.length === 0
      ? {}
      : { administration: { senders: config.administrators, stop: stopped.resolve } }),
    logger,
    signal,
  });
  try {
    await using _health =
      config.health === undefined
        ? undefined
        : await startHealthServer({ ...config.health, source: robotHealth(robot, bus) });
    if (_health !== undefined) logger.info("health", { url: _health.url });
    logger.info("joined", { domain, channel });
    const { action, sender, reason } = await Promise.race([stopped.promise, lost(bus)]);
    logger.info(action, { sender, reason });
    await robot.close(reason === "" ? action : reason);
    return action;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await robot.close("Failed");
  }
}

/** Rejects when the bus has given its server up: whoever started the program can start it anew. */
async function lost(bus: CoreBus): Promise<never> {
  await bus.closed;
  throw new BridgeError("BRIDGE_CLOSED", "The NATS server did not come back within the attempts to reconnect.");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, help: { type: "boolean" }, "new-admin-keys": { type: "boolean" } },
  });
  if (values["new-admin-keys"] === true)
    return void process.stdout.write(`${JSON.stringify(createAdminKeys(), null, 2)}\n`);
  if (values.help === true) return void process.stdout.write(HELP);
  if (values.config === undefined) throw new Error("--config FILE is missing; --help says what goes into it");
  const ending = new AbortController();
  const abort = () => ending.abort(new Error("stopped by a signal"));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, abort);
  try {
    while ((await run(await loadRobotConfig(values.config), ending.signal)) === "restart")
      logger.info("starting again");
  } catch (error) {
    // Stopped before it had joined: that is no failure.
    if (!ending.signal.aborted) throw error;
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`antiphon-cytube-robot: ${describeError(error)}\n`);
  process.exitCode = 1;
}
