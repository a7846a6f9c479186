import { requireService } from "./find-service.ts";
import { createServerFolder, onFreePort, startServerProcess, type ServerProcess } from "./server-process.ts";

/** Starts a Redis server that keeps nothing on disk; throws when redis-server is not on this machine. */
export function startRedis(): Promise<ServerProcess> {
  const program = requireService("redis-server");
  return onFreePort(async (port) => {
    const folder = createServerFolder("redis");
    const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", "", "--appendonly", "no"];
    const server = await startServerProcess({ program, args, folder, readyPattern: /Ready to accept connections/ });
    return { ...server, host: "127.0.0.1", port, url: `redis://127.0.0.1:${port}` };
  });
}
