import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { requireService } from "./find-service.ts";
import {
  createServerFolder,
  onFreePort,
  startServerProcess,
  type Identity,
  type ServerProcess,
} from "./server-process.ts";

const execute = promisify(execFile);

/** PostgreSQL refuses to run as root; Debian's package brings the user `postgres` for it. */
async function unprivilegedIdentity(): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (flag: string) => Number((await execute("id", [flag, "postgres"])).stdout);
  return { uid: await idOf("-u"), gid: await idOf("-g") };
}

/** A folder with an empty database cluster; removed again when that fails. */
async function initialise(program: string, identity: Identity | undefined): Promise<string> {
  const folder = createServerFolder("postgres", identity);
  const settings = ["-U", "antiphon", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  try {
    await execute(join(dirname(program), "initdb"), ["-D", join(folder, "data"), ...settings], {
      cwd: folder,
      ...identity,
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/**
 * Starts a PostgreSQL server with an empty database `postgres` and the superuser `antiphon`, without a password; throws when
 * PostgreSQL is not on this machine.
 */
export async function startPostgres(): Promise<ServerProcess> {
  const program = requireService("postgresql");
  const identity = await unprivilegedIdentity();
  return onFreePort(async (port) => {
    const folder = await initialise(program, identity);
    // No Unix socket, and no fsync: the data is thrown away in a moment.
    const args = ["-D", join(folder, "data"), "-h", "127.0.0.1", "-p", String(port), "-k", "", "-c", "fsync=off"];
    const readyPattern = /database system is ready to accept connections/;
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
    const server = await startServerProcess({ program, args, folder, readyPattern, stopSignal: "SIGINT", identity });
    return { ...server, host: "127.0.0.1", port, url: `postgresql://antiphon@127.0.0.1:${port}/postgres` };
  });
}
