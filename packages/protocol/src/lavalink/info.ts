import { z } from "zod";

/** What a node is and can; Lavalink says `preRelease`, NodeLink has no `jvm` and no `lavaplayer`. @see Lavalink docs, "Get Info" */
export const nodeInfoSchema = z.looseObject({
  version: z.looseObject({
    semver: z.string(),
    major: z.number(),
    minor: z.number(),
    patch: z.number(),
  }),
  buildTime: z.number().nullish(),
  git: z.looseObject({ branch: z.string(), commit: z.string(), commitTime: z.number() }).nullish(),
  jvm: z.string().nullish(),
  lavaplayer: z.string().nullish(),
  sourceManagers: z.array(z.string()),
  filters: z.array(z.string()),
  plugins: z
    .array(z.looseObject({ name: z.string(), version: z.string() }))
    .nullish()
    .transform((value) => value ?? []),
  isNodelink: z.boolean().optional(),
});

/** What a node is and can. */
export type NodeInfo = z.output<typeof nodeInfoSchema>;
