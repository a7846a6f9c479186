import { natsConfigSchema, substituteEnvironment } from "@antiphon/protocol/kryten";
import { z } from "zod";
import { BridgeError } from "../error.ts";
import { readConfigFile } from "../kryten/load-config.ts";

/** The configuration file of `antiphon-cytube-robot`. */
export const robotConfigSchema = z.strictObject({
  nats: natsConfigSchema,
  cytube: z.strictObject({
    domain: z.string().min(1),
    channel: z.string().min(1),
    siteUrl: z.url().optional(),
    channelPassword: z.string().optional(),
    user: z.string().optional(),
    password: z.string().optional(),
  }),
  /** The server for `/livez`, `/readyz`, `/health` and `/metrics`; none without it. */
  health: z
    .strictObject({ host: z.string().default("127.0.0.1"), port: z.coerce.number().int().min(0).max(65_535) })
    .optional(),
  /** Who may stop the robot over the bus; nobody without it. */
  administrators: z.array(z.strictObject({ name: z.string().min(1), publicKey: z.string().min(1) })).default([]),
  redact: z.boolean().default(true),
  heartbeatIntervalMs: z.number().int().min(1_000).max(300_000).default(30_000),
});

/** See {@link robotConfigSchema}. */
export type RobotConfig = z.infer<typeof robotConfigSchema>;

/**
 * Reads a robot's configuration from a `.json`, `.yaml` or `.yml` file, with `${NAME}` replaced from the environment.
 *
 * @throws BridgeError BRIDGE_CONFIG_UNREADABLE; KrytenError KRYTEN_CONFIG_VARIABLE_UNSET
 */
export async function loadRobotConfig(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<RobotConfig> {
  const read = robotConfigSchema.safeParse(substituteEnvironment(await readConfigFile(path), environment));
  if (read.success) return read.data;
  throw new BridgeError("BRIDGE_CONFIG_UNREADABLE", `${path} does not fit: ${z.prettifyError(read.error)}`);
}
