import type { z } from "zod";
import { LavalinkError } from "../error.ts";

/** What a plugin answered, in its checked shape. Throws `LAVALINK_BAD_RESPONSE`. */
export function checked<Output>(what: string, schema: z.ZodType<Output>, body: unknown): Output {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const message = `${what}: the node's plugin answered in a shape that is not known. Check the plugin's version.`;
  throw new LavalinkError("LAVALINK_BAD_RESPONSE", message, { cause: parsed.error });
}
