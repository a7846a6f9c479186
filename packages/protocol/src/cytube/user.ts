import { z } from "zod";

/** What a user shows of itself. */
export const userProfileSchema = z.looseObject({ image: z.string(), text: z.string() });

/** What CyTube says of a user beside name and rank. Moderators see `smuted`, `aliases` and the cloaked `ip` of everybody. */
export const userMetaSchema = z.looseObject({
  afk: z.boolean().optional(),
  muted: z.boolean().optional(),
  smuted: z.boolean().optional(),
  aliases: z.array(z.string()).optional(),
  ip: z.string().optional(),
});

/** A user in a channel. `rank` is a float. */
export const cytubeUserSchema = z.looseObject({
  name: z.string(),
  rank: z.number(),
  profile: userProfileSchema.optional(),
  meta: userMetaSchema.optional(),
});

/** See {@link cytubeUserSchema}. */
export type CytubeUser = z.infer<typeof cytubeUserSchema>;
