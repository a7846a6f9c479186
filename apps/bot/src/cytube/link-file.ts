import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describeError } from "@antiphon/std";
import { z } from "zod";
import { BotError } from "../error.ts";

const snowflake = z.string().regex(/^\d{1,20}$/u);
const linkSchema = z.object({ guildId: snowflake, channelId: snowflake, cytubeChannel: z.string().min(1).max(30) });
const fileSchema = z.object({ version: z.literal(1), links: z.array(linkSchema).max(10_000) });

/** One channel of Discord's and one of CyTube's that mirror each other. */
export type CytubeLink = z.output<typeof linkSchema>;

/** The links that outlive the bot. @throws BotError BOT_DATA_UNREADABLE when the file is there and is none of ours */
export async function readLinks(path: string): Promise<readonly CytubeLink[]> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, "utf8"))).links;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    const message = `The links in ${path} cannot be read: ${describeError(error)}. Mend the file, or move it away to begin anew.`;
    throw new BotError("BOT_DATA_UNREADABLE", message, { cause: error });
  }
}

/** Puts the links in the file's place at once, so that a crash leaves the old ones or the new ones. */
export async function writeLinks(path: string, links: readonly CytubeLink[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify({ version: 1, links }, undefined, 2));
  await rename(`${path}.new`, path);
}
