import { z } from "zod";
import { openConfig } from "./config-manager.ts";

const schema = z.object({
  network: z.object({ timeoutMs: z.number(), proxy: z.string().optional() }),
  audio: z.object({ lavalink: z.object({ port: z.number() }).optional() }),
  tags: z.array(z.string()),
});
const config = await openConfig({ schema });

config.get("network.timeoutMs") satisfies number;
config.get("network") satisfies { timeoutMs: number };
config.get("audio.lavalink.port") satisfies number | undefined;
config.get("network.proxy", "none") satisfies string;
config.get("tags") satisfies readonly string[];
// @ts-expect-error it may be absent
config.get("audio.lavalink.port") satisfies number;
// @ts-expect-error there is no such value
config.get("network.timeout");
// @ts-expect-error a list is no group
config.get("tags.length");
// @ts-expect-error the fallback is of another type
config.get("network.timeoutMs", "30");
