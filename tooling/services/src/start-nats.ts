import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { requireService } from "./find-service.ts";
import { createServerFolder, startServerProcess, type ServerProcess } from "./server-process.ts";

/** Options of {@link startNats}. */
export interface StartNatsOptions {
  /** Whether JetStream is on, with its store in the temporary folder. Defaults to false. */
  readonly jetstream?: boolean;
  /** The port to listen on, to come back where a killed server was. Defaults to a free one. */
  readonly port?: number;
}

/** Starts a NATS server; throws when nats-server is not on this machine. */
export async function startNats(options: StartNatsOptions = {}): Promise<ServerProcess> {
  const program = requireService("nats-server");
  const folder = createServerFolder("nats");
  // -1 lets the server choose the port, so that no other process can take it in between; it writes it into a file.
  const args = ["-a", "127.0.0.1", "-p", String(options.port ?? -1), "--ports_file_dir", folder];
  if (options.jetstream === true) args.push("-js", "-sd", join(folder, "jetstream"));
  const server = await startServerProcess({ program, args, folder, readyText: "Server is ready" });
  const port = options.port ?? readChosenPort(folder);
  return { ...server, host: "127.0.0.1", port, url: `nats://127.0.0.1:${port}` };
}

function readChosenPort(folder: string): number {
  const file = readdirSync(folder).find((name) => name.endsWith(".ports"));
  if (file === undefined) throw new Error(`nats-server wrote no ports file into ${folder}`);
  const { nats } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { readonly nats: readonly string[] };
  return Number(new URL(nats[0] ?? "").port);
}
