import { z } from "zod";
import { KrytenError } from "./error.ts";
import { renameKrytenKeys } from "./config-keys.ts";

// A file's `${PORT}` is a text once it is replaced.
const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(?:\.\d+)?$/)
    .transform(Number),
]);
const milliseconds = number.pipe(z.number().min(0).max(2_147_483_647));
const port = number.pipe(z.number().int().min(0).max(65_535));
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]);
const servers = z.union([
  z
    .string()
    .min(1)
    .transform((server) => [server]),
  z.array(z.string().min(1)).min(1),
]);

/** How to reach NATS. */
export const natsConfigSchema = z.object({
  servers,
  user: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
  /** The seed of an nkey. */
  nkeySeed: z.string().optional(),
  /** A file with a user's JWT and nkey, as `nsc` makes it. */
  credentialsFile: z.string().optional(),
  /** PEM files. */
  tlsCertificateFile: z.string().optional(),
  tlsKeyFile: z.string().optional(),
  tlsAuthorityFile: z.string().optional(),
  connectTimeoutMs: milliseconds.default(10_000),
  reconnectWaitMs: milliseconds.default(2_000),
  /** -1 for ever. */
  maximumReconnectAttempts: number.pipe(z.number().int().min(-1)).default(-1),
  pingIntervalMs: milliseconds.default(120_000),
});

/** A channel on a CyTube server. */
export const channelConfigSchema = z.object({ domain: z.string().min(1), channel: z.string().min(1) });

/** Who a service is, and how it shows that it lives. */
export const serviceConfigSchema = z.object({
  /** Lower-case, without dots: it is a token of subjects. */
  name: z
    .string()
    .min(1)
    .transform((name) => name.toLowerCase().replaceAll(".", "-")),
  version: z.string().default("1.0.0"),
  enableLifecycle: flag.default(true),
  enableHeartbeat: flag.default(true),
  heartbeatIntervalMs: number.pipe(z.number().min(5_000).max(300_000)).default(30_000),
  /** Whether to answer polls for services. */
  enableDiscovery: flag.default(true),
  healthPort: port.optional(),
  healthPath: z.string().startsWith("/").default("/health"),
  metricsPort: port.optional(),
  metricsPath: z.string().startsWith("/").default("/metrics"),
});

/** Where the server for health and metrics listens. */
export const metricsConfigSchema = z.object({
  port: port.default(8080),
  /** Loopback unless told. */
  host: z.string().default("127.0.0.1"),
  healthPath: z.string().startsWith("/").default("/health"),
  metricsPath: z.string().startsWith("/").default("/metrics"),
});

const shape = z.object({
  nats: natsConfigSchema,
  channels: z.array(channelConfigSchema).min(1),
  service: serviceConfigSchema.optional(),
  metrics: metricsConfigSchema.optional(),
  /** How often a command is tried again that surely reached nobody. */
  retryAttempts: number.pipe(z.number().int().min(0).max(10)).default(3),
  retryDelayMs: milliseconds.default(1_000),
  handlerTimeoutMs: milliseconds.default(30_000),
  maximumConcurrentHandlers: number.pipe(z.number().int().min(1)).default(1_000),
  logLevel: z
    .string()
    .toUpperCase()
    .pipe(z.enum(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]))
    .default("INFO"),
  /** The least time between two chat messages of this client. */
  chatMinimumDelayMs: milliseconds.default(1_000),
  /** The most that is added to it, at random. */
  chatJitterMs: milliseconds.default(500),
});

/**
 * The configuration of a client. Takes kryten's own keys (`retry_attempts`, durations in seconds) and ours (`retryAttempts`,
 * durations in milliseconds).
 */
export const krytenConfigSchema = z.preprocess(renameKrytenKeys, shape);

/** A validated configuration with its defaults. */
export type KrytenConfig = z.infer<typeof shape>;

/** The identity of a service. */
export type ServiceConfig = z.infer<typeof serviceConfigSchema>;

/** How to reach NATS. */
export type NatsConfig = z.infer<typeof natsConfigSchema>;

/**
 * Validates a configuration and fills in what is left out.
 *
 * @throws KrytenError KRYTEN_CONFIG_INVALID that names each wrong field, without its value, which may be a password
 */
export function parseKrytenConfig(input: unknown): KrytenConfig {
  const read = krytenConfigSchema.safeParse(input);
  if (read.success) return read.data;
  const reasons = read.error.issues.map(({ path, message }) => `${path.join(".") || "configuration"}: ${message}`);
  throw new KrytenError("KRYTEN_CONFIG_INVALID", `The kryten configuration does not fit. ${reasons.join("; ")}`);
}
