import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyedMutex } from "@antiphon/std";
import { cannotOpen } from "./cannot-open.ts";
import type { StateStore } from "./state-store.ts";

/** Options of {@link openFileStore}. */
export interface FileStoreOptions {
  /** The folder, made when it is not there; its files are this store's alone. */
  readonly folder: string;
}

const SUFFIX = ".json";
const TEMPORARY = /^\.[\da-f-]{36}\.tmp$/;

async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Left by a process that died in the middle of writing.
    const left = (await readdir(folder)).filter((name) => TEMPORARY.test(name));
    await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
  } catch (error) {
    throw cannotOpen("openFileStore", folder, error);
  }
}

/**
 * Opens a {@link StateStore} of one file for each key, replaced as a whole and readable by this user only; rejects with
 * `LAVALINK_STORE_FAILED` when the folder cannot be used.
 */
export async function openFileStore({ folder }: FileStoreOptions): Promise<StateStore> {
  await prepareFolder(folder);
  const mutex = createKeyedMutex<string>();
  const underWay = new Set<Promise<void>>();
  const pathOf = (key: string) => join(folder, encodeURIComponent(key) + SUFFIX);
  const inOrder = (key: string, operation: () => Promise<void>): Promise<void> => {
    const done = mutex.run(key, operation);
    const settled = done.catch(() => {}).finally(() => underWay.delete(settled));
    underWay.add(settled);
    return done;
  };
  const close = async () => void (await Promise.all(underWay));

  return {
    async entries() {
      const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
      const read = async (name: string) =>
        [decodeURIComponent(name.slice(0, -SUFFIX.length)), await readFile(join(folder, name), "utf8")] as const;
      return new Map(await Promise.all(names.map(read)));
    },
    set: (key, value) =>
      inOrder(key, async () => {
        // A process that dies in the middle leaves the file before it as it was.
        const temporary = join(folder, `.${randomUUID()}.tmp`);
        await writeFile(temporary, value, { mode: 0o600, flush: true });
        await rename(temporary, pathOf(key));
      }),
    delete: (key) => inOrder(key, () => rm(pathOf(key), { force: true })),
    close,
    [Symbol.asyncDispose]: close,
  };
}
