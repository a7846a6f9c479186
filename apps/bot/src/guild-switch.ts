import type { BusTransport } from "@antiphon/bridge";
import type { GuildId } from "@antiphon/protocol/discord";
import { z } from "zod";
import { openDataFile } from "./data-file.ts";

/** In which guilds something is switched on; outlives the bot. */
export interface GuildSwitch extends AsyncDisposable {
  has(guildId: GuildId): boolean;
  set(guildId: GuildId, on: boolean): Promise<void>;
}

const fileSchema = z.object({
  version: z.literal(1),
  guildIds: z.array(z.string().regex(/^\d{1,20}$/u)).max(1_000_000),
});

/** Opens a switch that a file keeps, for a bot in one process. @throws BotError BOT_DATA_UNREADABLE */
export async function openFileSwitch(path: string): Promise<GuildSwitch> {
  const file = await openDataFile(path, fileSchema, { version: 1, guildIds: [] });
  const enabled = new Set(file.value.guildIds);
  return {
    has: (guildId) => enabled.has(guildId),
    async set(guildId, on) {
      if (on) enabled.add(guildId);
      else enabled.delete(guildId);
      await file.write({ version: 1, guildIds: [...enabled] });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Opens a switch that a table on the bus keeps, for a bot on many processes: a guild does not stay with one of them. */
export async function openBusSwitch(bus: BusTransport, bucket: string, replicas: number): Promise<GuildSwitch> {
  const table = await bus.openKeyValue(bucket, { create: true, replicas });
  const enabled = new Set<string>();
  const watcher = await table.watch(({ key, value }) => {
    if (value === null) enabled.delete(key);
    else enabled.add(key);
  });
  return {
    has: (guildId) => enabled.has(guildId),
    set: async (guildId, on) => void (await (on ? table.put(guildId, new Uint8Array([1])) : table.delete(guildId))),
    [Symbol.asyncDispose]: () => watcher.close(),
  };
}
