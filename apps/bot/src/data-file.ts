import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describeError } from "@antiphon/std";
import type { z } from "zod";
import { BotError } from "./error.ts";

/** One JSON file of the data folder. */
export interface DataFile<Value> {
  /** What it holds now. */
  readonly value: Value;
  /** Replaces it; files are written one after another, each as a whole, so that a crash leaves the old one or the new one. */
  write(value: Value): Promise<void>;
}

/** Opens a file, or begins with `initial` when there is none. @throws BotError BOT_DATA_UNREADABLE when it holds anything else */
export async function openDataFile<Value>(
  path: string,
  schema: z.ZodType<Value>,
  initial: Value,
): Promise<DataFile<Value>> {
  let { value } = await read(path, schema, initial);
  let writing: Promise<void> = Promise.resolve();
  return {
    get value() {
      return value;
    },
    write(changed) {
      value = changed;
      const written = writing.then(async () => {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(`${path}.new`, JSON.stringify(changed, undefined, 2));
        await rename(`${path}.new`, path);
      });
      // One that fails is told to whoever wrote it, and does not keep the next from being written.
      writing = written.catch(() => {});
      return written;
    },
  };
}

async function read<Value>(path: string, schema: z.ZodType<Value>, initial: Value): Promise<{ value: Value }> {
  try {
    return { value: schema.parse(JSON.parse(await readFile(path, "utf8"))) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { value: initial };
    const message = `${path} cannot be read: ${describeError(error)}. Mend the file, or move it away to begin anew.`;
    throw new BotError("BOT_DATA_UNREADABLE", message, { cause: error });
  }
}
