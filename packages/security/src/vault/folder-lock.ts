import { createKeyedMutex } from "@antiphon/std";
import { lock } from "proper-lockfile";
import { SecurityError } from "../error.ts";

/** Writers of one folder in this process take turns here; an idle folder leaves nothing. */
const writers = createKeyedMutex<string>();

/** A holder says so every second; one that has not for this long is gone. */
const STALE_MS = 5_000;
/** In all about ten seconds: longer than a dead holder's lock lasts. */
const RETRIES = { retries: 60, factor: 1.2, minTimeout: 10, maxTimeout: 200, randomize: true };

/**
 * Runs one task at a time on a folder that exists, over all processes.
 *
 * @throws SecurityError SECURITY_VAULT_BUSY when others hold the folder for too long, SECURITY_VAULT_UNREADABLE when it can't be locked
 */
export function withFolderLocked<T>(directory: string, task: () => Promise<T>): Promise<T> {
  return writers.run(directory, async () => {
    const release = await acquire(directory);
    try {
      return await task();
    } finally {
      // Gone already when this process was held up for so long that somebody took it for dead; files are replaced whole all the same.
      await release().catch(() => {});
    }
  });
}

/** Runs a task that writes nothing, once what this process is writing to the folder is written. */
export function afterWriters<T>(directory: string, task: () => T): Promise<T> {
  return writers.run(directory, () => Promise.resolve(task()));
}

async function acquire(directory: string): Promise<() => Promise<void>> {
  try {
    return await lock(directory, {
      lockfilePath: `${directory}/write.lock`,
      stale: STALE_MS,
      update: 1_000,
      retries: RETRIES,
      onCompromised: () => {},
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ELOCKED") {
      const message = `Others have been writing to the vault in ${directory} for ten seconds. Try again, or end them.`;
      throw new SecurityError("SECURITY_VAULT_BUSY", message, { cause });
    }
    const message = `The folder ${directory} cannot be locked. Check its owner and mode.`;
    throw new SecurityError("SECURITY_VAULT_UNREADABLE", message, { cause });
  }
}
