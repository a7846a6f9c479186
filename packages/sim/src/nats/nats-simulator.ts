import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { systemClock, type Clock, type Timer } from "@antiphon/std";
import { createProtocolParser, type ClientOperation } from "./protocol-parser.ts";
import { createSubscriptions, isSubject } from "./subscriptions.ts";

/** Options of {@link startNatsSimulator}. */
export interface NatsSimulatorOptions {
  /** What clients must say as `auth_token`; anybody may come without it. */
  readonly token?: string | undefined;
  /** The largest message, headers included. Defaults to 1 MiB. */
  readonly maximumPayloadBytes?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** A server that speaks NATS' core protocol on loopback: messages, queues, headers and requests, and no JetStream. */
export interface NatsSimulator extends AsyncDisposable {
  /** Stays the same over {@link NatsSimulator.restart}. */
  readonly port: number;
  /** `nats://127.0.0.1:PORT` */
  readonly url: string;
  readonly clients: number;
  readonly subscriptions: number;
  /** Messages that clients have published. */
  readonly received: number;
  /** Messages that left for a client. */
  readonly delivered: number;
  /** Cuts every connection without a word. */
  dropConnections(): void;
  /** Takes the next `count` messages from their publishers and gives them to nobody. */
  dropMessages(count: number): void;
  /** Holds what goes to clients back for so long, in order; 0 ends it. */
  setDelay(delayMs: number): void;
  /** Is away for `awayMs`, then comes back on the same port and knows nobody. */
  restart(awayMs?: number): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

interface Client {
  readonly socket: Socket;
  readonly id: number;
  connected: boolean;
  verbose: boolean;
  echo: boolean;
  noResponders: boolean;
}

const CRLF = Buffer.from("\r\n");
const NO_RESPONDERS = Buffer.from("NATS/1.0 503\r\n\r\n");

/** Starts a NATS server on a free port of 127.0.0.1. */
export async function startNatsSimulator(options: NatsSimulatorOptions = {}): Promise<NatsSimulator> {
  const { token, maximumPayloadBytes = 1_048_576, clock = systemClock } = options;
  const clients = new Set<Client>();
  const subscriptions = createSubscriptions<Client>();
  const timers = new Set<Timer>();
  const counts = { received: 0, delivered: 0 };
  let nextClient = 1;
  let dropNext = 0;
  let delayMs = 0;
  let server: Server | undefined;

  const write = (client: Client, ...parts: readonly (string | Buffer)[]) => {
    const data = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
    const send = () => {
      if (!client.socket.destroyed) client.socket.write(data);
    };
    if (delayMs === 0 && timers.size === 0) return send();
    const timer = clock.setTimer(delayMs, () => {
      timers.delete(timer);
      send();
    });
    timers.add(timer);
  };
  const refuse = (client: Client, reason: string) => {
    client.socket.end(`-ERR '${reason}'\r\n`);
  };

  const deliver = (from: Client, operation: Extract<ClientOperation, { type: "pub" }>): void => {
    const { subject, reply, headers, payload } = operation;
    counts.received++;
    if (dropNext > 0) return void dropNext--;
    const receivers = subscriptions.take(subject).filter(({ client }) => client !== from || client.echo);
    for (const { client, sid } of receivers) {
      counts.delivered++;
      const head = `${subject} ${sid}${reply === undefined ? "" : ` ${reply}`}`;
      if (headers === undefined) write(client, `MSG ${head} ${payload.length}\r\n`, payload, CRLF);
      else
        write(client, `HMSG ${head} ${headers.length} ${headers.length + payload.length}\r\n`, headers, payload, CRLF);
    }
    if (receivers.length > 0 || reply === undefined || !from.noResponders) return;
    for (const { client, sid } of subscriptions.take(reply)) {
      const size = NO_RESPONDERS.length;
      write(client, `HMSG ${reply} ${sid} ${size} ${size}\r\n`, NO_RESPONDERS, CRLF);
    }
  };

  const perform = (client: Client, operation: ClientOperation): void => {
    if (operation.type === "violation") return refuse(client, operation.reason);
    if (operation.type === "connect") {
      if (token !== undefined && operation.options["auth_token"] !== token)
        return refuse(client, "Authorization Violation");
      client.connected = true;
      client.verbose = operation.options["verbose"] === true;
      client.echo = operation.options["echo"] !== false;
      client.noResponders = operation.options["no_responders"] === true;
    } else if (!client.connected) return refuse(client, "Authorization Violation");
    else if (operation.type === "ping") return write(client, "PONG\r\n");
    else if (operation.type === "pong") return;
    else if (operation.type === "unsub") subscriptions.remove(client, operation.sid, operation.maximum);
    else if (!isSubject(operation.subject, operation.type === "sub"))
      return write(client, "-ERR 'Invalid Subject'\r\n");
    else if (operation.type === "sub") subscriptions.add(client, operation.sid, operation.subject, operation.queue);
    else deliver(client, operation);
    if (client.verbose) write(client, "+OK\r\n");
  };

  const welcome = (socket: Socket): void => {
    const client = { socket, id: nextClient++, connected: false, verbose: false, echo: true, noResponders: false };
    clients.add(client);
    const parser = createProtocolParser(maximumPayloadBytes);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      for (const operation of parser.push(chunk)) perform(client, operation);
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clients.delete(client);
      subscriptions.removeAll(client);
    });
    const info = {
      server_id: "ANTIPHONSIMULATOR",
      server_name: "antiphon-sim",
      version: "2.10.0",
      proto: 1,
      headers: true,
      max_payload: maximumPayloadBytes,
      auth_required: token !== undefined,
      client_id: client.id,
    };
    write(client, `INFO ${JSON.stringify(info)}\r\n`);
  };

  const listen = async (port: number): Promise<number> => {
    server = createServer(welcome).listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const dropConnections = () => {
    for (const { socket } of clients) socket.destroy();
  };
  const stop = async () => {
    for (const timer of timers) timer.cancel();
    timers.clear();
    dropConnections();
    const stopped = server;
    server = undefined;
    if (stopped !== undefined) await once(stopped.close(), "close");
  };

  const port = await listen(0);
  const simulator: NatsSimulator = {
    port,
    url: `nats://127.0.0.1:${port}`,
    get clients() {
      return clients.size;
    },
    get subscriptions() {
      return subscriptions.size;
    },
    get received() {
      return counts.received;
    },
    get delivered() {
      return counts.delivered;
    },
    dropConnections,
    dropMessages(count) {
      dropNext = count;
    },
    setDelay(milliseconds) {
      delayMs = milliseconds;
    },
    async restart(awayMs = 0) {
      await stop();
      await clock.sleep(awayMs);
      await listen(port);
    },
    close: stop,
    [Symbol.asyncDispose]: stop,
  };
  return simulator;
}
