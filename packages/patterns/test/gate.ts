import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to a local server that can be shut and opened again. */
export interface Gate {
  readonly port: number;
  /** Breaks all connections and refuses new ones. */
  shut(): void;
  /** Lets connections through again. */
  open(): void;
  close(): Promise<void>;
}

/** Starts a {@link Gate} on a free port of the loopback interface. */
export async function startGate(targetPort: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  let isShut = false;
  const server = createServer((incoming) => {
    if (isShut) return void incoming.destroy();
    const outgoing = connect(targetPort, "127.0.0.1");
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const shut = () => {
    isShut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    shut,
    open: () => void (isShut = false),
    async close() {
      shut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
