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
  // -1 lets the server choose the port, so that no other process can take it in between.
  const args = ["-a", "127.0.0.1", "-p", String(options.port ?? -1)];
  if (options.jetstream === true) args.push("-js", "-sd", join(folder, "jetstream"));
  const readyPattern = /Listening for client connections on 127\.0\.0\.1:(\d+)[\s\S]*Server is ready/;
  const { announcedPort: port = 0, ...server } = await startServerProcess({ program, args, folder, readyPattern });
  return { ...server, host: "127.0.0.1", port, url: `nats://127.0.0.1:${port}` };
}
