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
      /** Where words are looked for: a source of the Lavalink server's, such as `ytsearch` or `scsearch`. */
      searchPrefix: z
        .string()
        .regex(/^\w{1,30}$/u, "must be a source's prefix, such as ytsearch or scsearch")
        .optional(),
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
  .refine(({ role, cytube }) => role === "all" || cytube === undefined, {
    path: ["cytube"],
    error: "must be left out: what mirrors CyTube is one process, a bot with the role all",
  })
  .refine(({ role, discord }) => role === "all" || discord.client === "core", {
    path: ["discord", "client"],
    error: "must be core: discord.js holds its connection itself",
  });

/** A checked configuration with its defaults filled in. */
export type BotConfig = z.output<typeof botConfigSchema>;

/** A configuration as a person writes it. */
export type BotConfigInput = z.input<typeof botConfigSchema>;

/** What each environment variable sets, and what that is. */
export const environment = {
  DISCORD_TOKEN: { path: "discord.token", meaning: "the bot's token, from the developer portal; required" },
  ANTIPHON_ROLE: { path: "role", meaning: "all, gateway or worker" },
  DATABASE_URL: { path: "databaseUrl", meaning: "a PostgreSQL database for the listening history" },
  ANTIPHON_BUS_REPLICAS: { path: "bus.replicas", meaning: "how many NATS servers keep each message: 1, 3 or 5" },
  ANTIPHON_CLIENT: { path: "discord.client", meaning: "core or discord.js" },
  ANTIPHON_DISCORD_API: { path: "discord.api", meaning: "where Discord's HTTP API is, for simulators and proxies" },
  ANTIPHON_SHARDS: { path: "discord.shards", meaning: "of how many shards a bot on many processes consists, or auto" },
  ANTIPHON_COMMAND_GUILD: {
    path: "discord.commandGuildId",
    meaning: "registers commands in this guild alone, at once",
  },
  ANTIPHON_MUSIC_DIR: { path: "audio.musicDirectory", meaning: "files that the built-in audio node plays" },
  ANTIPHON_ALLOW_URLS: { path: "audio.allowUrls", meaning: "what it may fetch: none, public or all" },
  ANTIPHON_SEARCH: {
    path: "audio.searchPrefix",
    meaning: "where words are looked for: ytsearch, scsearch or another source of the Lavalink server's",
  },
  LAVALINK_HOST: { path: "audio.lavalink.host", meaning: "a Lavalink server instead of the built-in audio node" },
  LAVALINK_PORT: { path: "audio.lavalink.port", meaning: "its port, 2333" },
  LAVALINK_PASSWORD: { path: "audio.lavalink.password", meaning: "its password" },
  LAVALINK_SECURE: { path: "audio.lavalink.secure", meaning: "whether it is reached over TLS" },
  ANTIPHON_DATA_DIR: { path: "dataDirectory", meaning: "what must survive the bot, data" },
  ANTIPHON_BUS: { path: "bus.transport", meaning: "memory or nats" },
  NATS_URL: { path: "bus.servers", meaning: "NATS servers, with commas between them" },
  ANTIPHON_APP: { path: "bus.app", meaning: "the bot's name on the bus" },
  CYTUBE_URL: { path: "cytube.siteUrl", meaning: "a CyTube site; turns /cytube on" },
  CYTUBE_USERNAME: { path: "cytube.username", meaning: "the robot's name there" },
  CYTUBE_PASSWORD: { path: "cytube.password", meaning: "its password" },
  CYTUBE_ROBOT: { path: "cytube.robot", meaning: "built-in, or bus for one that is there already" },
  ANTIPHON_IDLE_LEAVE_MS: { path: "idleLeaveMs", meaning: "leaves after so long without music or listeners" },
  ANTIPHON_LOG_LEVEL: { path: "logging.level", meaning: "trace, debug, info, warn, error, fatal or silent" },
  ANTIPHON_LOG_FORMAT: { path: "logging.format", meaning: "json or pretty" },
  ANTIPHON_LOG_TO: { path: "logging.handlers", meaning: "console, file or console,file" },
  ANTIPHON_LOG_FILE: { path: "logging.file", meaning: "the log's file" },
  ANTIPHON_DEBUG: { path: "application.debug", meaning: "logs everything from debug on" },
  ANTIPHON_MONITORING: { path: "monitoring.enabled", meaning: "health checks and metrics" },
  ANTIPHON_MONITORING_PORT: { path: "monitoring.port", meaning: "serves /livez, /readyz, /health and /metrics" },
  REDIS_URL: { path: "cache.redisUrl", meaning: "a Redis server over which bots share what searches found" },
} as const;

/** Which environment variable sets which field. */
export const environmentNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(environment).map(([variable, { path }]) => [variable, path]),
);

/** Variables that may be in a file instead, which the variable of the same name with `_FILE` after it names. */
export const secretNames = [
  "DISCORD_TOKEN",
  "DATABASE_URL",
  "LAVALINK_PASSWORD",
  "NATS_URL",
  "CYTUBE_PASSWORD",
  "REDIS_URL",
] as const satisfies readonly (keyof typeof environment)[];
