import { z } from "zod";
import { baseConfigSchema } from "../config/base-config.ts";

const snowflake = z
  .string()
  .regex(/^\d{15,20}$/)
  .meta({ format: "snowflake" });

/** A user as Discord sends one. */
export const userSchema = z.object({
  id: snowflake,
  username: z.string().min(2).max(32),
  global_name: z.string().min(1).max(32).nullable(),
  discriminator: z.literal("0"),
  avatar: z.null(),
  bot: z.boolean(),
});

/** A guild as Discord sends one, without its channels and members. */
export const guildSchema = z.object({
  id: snowflake,
  name: z.string().min(2).max(100),
  owner_id: snowflake,
  member_count: z.int().min(1).max(500_000),
  preferred_locale: z.enum(["en-US", "de", "fr", "ja", "pt-BR"]),
});

/** A message as Discord sends one in a guild. */
export const messageSchema = z.object({
  id: snowflake,
  channel_id: snowflake,
  guild_id: snowflake,
  author: userSchema,
  content: z.string().min(1).max(200),
  timestamp: z.iso.datetime(),
  edited_timestamp: z.iso.datetime().nullable(),
  mention_everyone: z.boolean(),
  type: z.literal(0),
});

/** A track's description as audio nodes give it. */
export const trackSchema = z.object({
  identifier: z.string().min(6).max(20),
  title: z.string().min(3).max(60),
  author: z.string().min(3).max(40),
  length: z.int().min(10_000).max(600_000),
  isSeekable: z.boolean(),
  isStream: z.literal(false),
  uri: z.url().meta({ format: "uri" }),
  sourceName: z.enum(["local", "http", "youtube", "soundcloud"]),
});

/** The kinds of data that a test framework knows by name. */
export const testSchemas = {
  user: userSchema,
  guild: guildSchema,
  message: messageSchema,
  track: trackSchema,
  config: baseConfigSchema,
};
