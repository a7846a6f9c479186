import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { SecurityError } from "../error.ts";

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/**
 * Reads a small file as text; undefined when there is none.
 *
 * @throws SecurityError SECURITY_VAULT_UNREADABLE for a file over `maximumBytes`, or one that cannot be read
 */
export async function readPrivateFile(path: string, maximumBytes: number): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size <= maximumBytes) return await readFile(path, "utf8");
    const message = `${path} has ${size} bytes; a vault's has at most ${maximumBytes}. It is not read.`;
    throw new SecurityError("SECURITY_VAULT_UNREADABLE", message);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    if (cause instanceof SecurityError) throw cause;
    throw new SecurityError("SECURITY_VAULT_UNREADABLE", `${path} cannot be read. Check its owner and mode.`, {
      cause,
    });
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no handle of a directory that could be flushed; there the rename itself is all there is.
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts a file that only its owner can read in place of the one before, whole or not at all, also through a loss of power.
 *
 * @throws SecurityError SECURITY_VAULT_UNREADABLE when it cannot be written; the one before is there still
 */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    // What a crash left under this name; a file made anew has the mode that is asked for, one written over keeps its own.
    await rm(temporary, { force: true });
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text, "utf8");
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new SecurityError(
      "SECURITY_VAULT_UNREADABLE",
      `${path} cannot be written. Check the folder's owner and mode.`,
      {
        cause,
      },
    );
  }
}
