import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireService } from "@antiphon/services";

/** A nats-server with JetStream that can be killed and comes back on its port with its data. */
export interface NatsProcess extends AsyncDisposable {
  readonly port: number;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Ports that are free now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** Starts a server on a port; `args` come on top. */
export async function startNatsProcess(port: number, args: readonly string[] = []): Promise<NatsProcess> {
  const program = requireService("nats-server");
  const folder = await mkdtemp(join(tmpdir(), "antiphon-nats-process-"));
  let end: (() => Promise<void>) | undefined;
  const server: NatsProcess = {
    port,
    async start() {
      const child = spawn(program, ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", folder, ...args], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      const closed = once(child, "close");
      const ready = Promise.withResolvers<void>();
      let log = "";
      child.stderr.on("data", (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-20_000);
        if (log.includes("Server is ready")) ready.resolve();
      });
      void closed.then(() => ready.reject(new Error(`nats-server ended:\n${log.slice(-1_000)}`)));
      const killAtExit = () => void child.kill("SIGKILL");
      process.once("exit", killAtExit);
      end = async () => {
        process.off("exit", killAtExit);
        child.kill("SIGKILL");
        await closed;
      };
      await ready.promise;
    },
    async kill() {
      await end?.();
      end = undefined;
    },
    async [Symbol.asyncDispose]() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** Three servers that are one; each keeps its routes to the others. */
export async function startNatsCluster(): Promise<readonly NatsProcess[]> {
  const ports = await freePorts(6);
  const routes = ports.slice(3).map((port) => `nats://127.0.0.1:${port}`);
  return Promise.all(
    [0, 1, 2].map((index) =>
      startNatsProcess(ports[index] ?? 0, [
        "--server_name",
        `node${index}`,
        "--cluster_name",
        "antiphon",
        "--cluster",
        routes[index] ?? "",
        "--routes",
        routes.join(","),
      ]),
    ),
  );
}
