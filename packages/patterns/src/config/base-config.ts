import { z } from "zod";

/** What most bots configure: application, logging, cache and monitoring. Extend it with your own groups. */
export const baseConfigSchema = z.object({
  /** The application itself. */
  application: z.strictObject({
    name: z.string().min(1),
    version: z.string().optional(),
    /** Logs everything from `debug` on, whatever `logging.level` says. */
    debug: z.boolean().default(false),
  }),
  /** What is logged, how and where. */
  logging: z
    .strictObject({
      level: z
        .enum(["trace", "debug", "info", "warning", "warn", "error", "critical", "fatal", "silent"])
        .default("info"),
      format: z.enum(["json", "pretty"]).default("json"),
      /** Where the lines go: standard output, the file below, or both. */
      handlers: z
        .array(z.enum(["console", "file"]))
        .min(1)
        .default(["console"]),
      file: z.string().min(1).default("application.log"),
    })
    .prefault({}),
  /** The bounds of caches. */
  cache: z
    .strictObject({
      strategy: z.enum(["lru", "lfu", "fifo", "ttl", "adaptive"]).default("adaptive"),
      ttlMs: z.number().int().positive().default(3_600_000),
      maxEntries: z.number().int().positive().default(1_000),
    })
    .prefault({}),
  /** How often the application looks at itself. */
  monitoring: z
    .strictObject({
      enabled: z.boolean().default(true),
      metricsIntervalMs: z.number().int().positive().default(60_000),
      healthCheckIntervalMs: z.number().int().positive().default(30_000),
    })
    .prefault({}),
});

/** A checked configuration of {@link baseConfigSchema}. */
export type BaseConfig = z.output<typeof baseConfigSchema>;
