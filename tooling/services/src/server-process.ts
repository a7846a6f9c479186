import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server that runs for one test file, on loopback, with its data in a temporary folder. */
export interface ServerProcess extends AsyncDisposable {
  /** Where clients connect: `nats://127.0.0.1:PORT`, `redis://…`, `postgresql://…`. */
  readonly url: string;
  /** Always `127.0.0.1`. */
  readonly host: string;
  /** A port that was free. */
  readonly port: number;
  /** Ends the process at once, without a farewell to its clients; for tests of what happens then. */
  kill(): Promise<void>;
  /** Stops the server and removes its data; harmless when called again. */
  close(): Promise<void>;
}

/** The identity under which a server runs. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

interface ServerProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** The server's own folder, made by {@link createServerFolder}; removed when the server closes. */
  readonly folder: string;
  /** What the server prints when it takes connections; its first group, if it has one, is the port. */
  readonly readyPattern: RegExp;
  /** The signal that stops it in order. Defaults to SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  readonly identity?: Identity | undefined;
}

/** What {@link startServerProcess} gives: the process, and the port if the server said it. */
export interface RunningProcess extends Pick<ServerProcess, "kill" | "close" | typeof Symbol.asyncDispose> {
  readonly announcedPort: number | undefined;
}

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5_000;

/** A new folder below the system's temporary one. */
export function createServerFolder(name: string, identity?: Identity): string {
  const folder = mkdtempSync(join(tmpdir(), `antiphon-${name}-`));
  if (identity !== undefined) chownSync(folder, identity.uid, identity.gid);
  return folder;
}

const FREE_PORT_ATTEMPTS = 5;

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/**
 * Starts a server that cannot choose its port itself on one that was free a moment ago, and on another when somebody else was
 * quicker.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await findFreePort());
    } catch (error) {
      const isTaken = error instanceof Error && /address (is )?(already )?in use/i.test(error.message);
      if (!isTaken || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

const SETPRIV = "/usr/bin/setpriv";

/** Where there is setpriv, the kernel ends the server when this process dies, even by SIGKILL; elsewhere an exit handler must do. */
function boundToThisProcess(program: string, args: readonly string[]): [string, readonly string[]] {
  if (!existsSync(SETPRIV)) return [program, args];
  return [SETPRIV, ["--pdeathsig", "KILL", program, ...args]];
}

/** Starts a server, waits until it says that it is ready, and gives the means to stop it. Rejects with what it printed if it ends before. */
export async function startServerProcess(options: ServerProcessOptions): Promise<RunningProcess> {
  const { folder, stopSignal = "SIGTERM" } = options;
  const [file, args] = boundToThisProcess(options.program, options.args);
  const child = spawn(file, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], ...options.identity });
  const killAtExit = () => void child.kill("SIGKILL");
  process.once("exit", killAtExit);
  const { promise: ended, resolve: markEnded } = Promise.withResolvers<void>();
  const { promise: ready, resolve: markReady, reject: markFailed } = Promise.withResolvers<RegExpExecArray>();
  let output = "";
  const read = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-10_000);
    const match = options.readyPattern.exec(output);
    if (match !== null) markReady(match);
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  child.once("error", (error) => {
    markFailed(new Error(`${options.program} did not start: ${error.message}`));
    markEnded();
  });
  child.once("close", (code, signal) => {
    process.off("exit", killAtExit);
    markFailed(new Error(`${options.program} ended with ${signal ?? code} before it was ready:\n${output}`));
    markEnded();
  });

  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    await ended;
    clearTimeout(impatience);
  };
  const close = async () => {
    await end(stopSignal);
    rmSync(folder, { recursive: true, force: true });
  };
  const startLimit = setTimeout(
    () => markFailed(new Error(`${options.program} was not ready after ${START_LIMIT_MS} ms:\n${output}`)),
    START_LIMIT_MS,
  );
  try {
    const [, port] = await ready;
    const announcedPort = port === undefined ? undefined : Number(port);
    return { announcedPort, kill: () => end("SIGKILL"), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(startLimit);
  }
}
