import { z } from "zod";
import { openDataFile, type DataFile } from "../data-file.ts";

const snowflake = z.string().regex(/^\d{1,20}$/u);
const linkSchema = z.object({ guildId: snowflake, channelId: snowflake, cytubeChannel: z.string().min(1).max(30) });
const fileSchema = z.object({ version: z.literal(1), links: z.array(linkSchema).max(10_000) });

/** One channel of Discord's and one of CyTube's that mirror each other. */
export type CytubeLink = z.output<typeof linkSchema>;

/** Opens the links that outlive the bot. @throws BotError BOT_DATA_UNREADABLE */
export function openLinkFile(path: string): Promise<DataFile<z.output<typeof fileSchema>>> {
  return openDataFile(path, fileSchema, { version: 1, links: [] });
}
