import { baseConfigSchema } from "@antiphon/patterns/config";
import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65_535);
const { application, logging, cache, monitoring } = baseConfigSchema.shape;

/** Everything that can be set. Each field's environment variable stands in `environmentNames`. */
const settings = z.strictObject({
  /** `all` in one process; of a bot on many, a `gateway` holds connections to Discord and a `worker` does the work. */
  role: z.enum(["all", "gateway", "worker"]).default("all"),
  /** The PostgreSQL database that keeps the listening history, which several workers share; a file of the data folder without it. */
  databaseUrl: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  application: application.extend({ name: application.shape.name.default("antiphon-bot") }).prefault({}),
  logging,
  /** What is kept of the nodes' answers to searches. */
  cache: cache
    .unwrap()
    .extend({
      /** A Redis server over which several bots share what they found. */
      redisUrl: z.url({ protocol: /^rediss?$/ }).optional(),
    })
    .prefault({}),
  monitoring: monitoring
    .unwrap()
    .extend({
      /** Where health and metrics are served: `/livez`, `/readyz`, `/health`, `/metrics`. Not served by default; 0 takes any free port. */
      port: z.coerce.number().int().min(0).max(65_535).optional(),
      /** The address to listen on. */
      host: z.string().min(1).default("127.0.0.1"),
    })
    .prefault({}),
  discord: z.strictObject({
    /** The bot's token, from the developer portal. */
    token: z.string({ error: "is required: copy the bot's token from the developer portal" }).min(1),
    /** Which client carries the bot. */
    client: z.enum(["core", "discord.js"]).default("core"),
    /** Where Discord's HTTP API is, without the version; for simulators and proxies. */
    api: z.url().default("https://discord.com/api"),
    /**
     * Of how many shards a bot on many processes consists: a gateway that starts gives it that many, with no downtime. `auto` gives it
     * more when it has outgrown them. By default it keeps what Discord recommended to its first gateway.
     */
    shards: z.union([z.literal("auto"), z.coerce.number().int().min(1).max(100_000)]).optional(),
    /** Registers commands in this guild only, where they appear at once. */
    commandGuildId: z
      .string()
      .regex(/^\d{1,20}$/, "must be a guild's id")
      .optional(),
  }),
  audio: z
    .strictObject({
      /** Folder whose files the built-in audio node can play. */
      musicDirectory: z.string().min(1).optional(),
      /** What the built-in audio node may fetch: `public` leaves out private networks. */
      allowUrls: z.enum(["none", "public", "all"]).default("public"),
      /** A Lavalink server to use instead of the built-in audio node. */
      lavalink: z
        .strictObject({
          host: z.string().min(1).default("127.0.0.1"),
          port: port.default(2333),
          password: z.string().min(1).default("youshallnotpass"),
          secure: z.boolean().default(false),
        })
        .optional(),
    })
    .prefault({}),
  /** Lets `/cytube` mirror CyTube channels; the bot then needs the privileged intent to read messages. */
  cytube: z
    .strictObject({
      siteUrl: z.url({ protocol: /^https?$/ }).default("https://cytu.be"),
      /** The robot's name there; without one it only listens. */
      username: z.string().min(1).max(20).optional(),
      password: z.string().min(1).optional(),
      /** `built-in` enters channels by itself; `bus` uses a robot that is on the bus already, whose name is `username`. */
      robot: z.enum(["built-in", "bus"]).default("built-in"),
    })
    .optional(),
  /** Where the bot keeps what must survive it. */
  dataDirectory: z.string().min(1).default("data"),
  bus: z
    .strictObject({
      /** `memory` stays in this process. */
      transport: z.enum(["memory", "nats"]).default("memory"),
      servers: z.string().min(1).default("127.0.0.1:4222"),
      /** How many servers of a NATS cluster keep each message. */
      replicas: z.coerce
        .number()
        .pipe(z.union([z.literal(1), z.literal(3), z.literal(5)]))
        .default(1),
      /** The bot's name in subjects. */
      app: z.string().min(1).max(100).default("bot"),
    })
    .prefault({}),
  /** After this long without music or listeners the bot leaves the voice channel. */
  idleLeaveMs: z.coerce.number().int().min(1_000).default(300_000),
});

/** The settings with what they demand of each other. */
export const botConfigSchema = settings
  .refine(({ role, bus }) => role === "all" || bus.transport === "nats", {
    path: ["bus", "transport"],
    error: "must be nats: gateways and workers are processes of their own",
  })
  .refine(({ role, discord }) => role === "all" || discord.client === "core", {
    path: ["discord", "client"],
    error: "must be core: discord.js holds its connection itself",
  });

/** A checked configuration with its defaults filled in. */
export type BotConfig = z.output<typeof botConfigSchema>;

/** A configuration as a person writes it. */
export type BotConfigInput = z.input<typeof botConfigSchema>;

/** Which environment variable sets which field. */
export const environmentNames = {
  DISCORD_TOKEN: "discord.token",
  ANTIPHON_ROLE: "role",
  DATABASE_URL: "databaseUrl",
  ANTIPHON_BUS_REPLICAS: "bus.replicas",
  ANTIPHON_CLIENT: "discord.client",
  ANTIPHON_DISCORD_API: "discord.api",
  ANTIPHON_SHARDS: "discord.shards",
  ANTIPHON_COMMAND_GUILD: "discord.commandGuildId",
  ANTIPHON_MUSIC_DIR: "audio.musicDirectory",
  ANTIPHON_ALLOW_URLS: "audio.allowUrls",
  LAVALINK_HOST: "audio.lavalink.host",
  LAVALINK_PORT: "audio.lavalink.port",
  LAVALINK_PASSWORD: "audio.lavalink.password",
  LAVALINK_SECURE: "audio.lavalink.secure",
  ANTIPHON_DATA_DIR: "dataDirectory",
  ANTIPHON_BUS: "bus.transport",
  NATS_URL: "bus.servers",
  ANTIPHON_APP: "bus.app",
  CYTUBE_URL: "cytube.siteUrl",
  CYTUBE_USERNAME: "cytube.username",
  CYTUBE_PASSWORD: "cytube.password",
  CYTUBE_ROBOT: "cytube.robot",
  ANTIPHON_IDLE_LEAVE_MS: "idleLeaveMs",
  ANTIPHON_LOG_LEVEL: "logging.level",
  ANTIPHON_LOG_FORMAT: "logging.format",
  ANTIPHON_LOG_TO: "logging.handlers",
  ANTIPHON_LOG_FILE: "logging.file",
  ANTIPHON_DEBUG: "application.debug",
  ANTIPHON_MONITORING: "monitoring.enabled",
  ANTIPHON_MONITORING_PORT: "monitoring.port",
  REDIS_URL: "cache.redisUrl",
} as const;
