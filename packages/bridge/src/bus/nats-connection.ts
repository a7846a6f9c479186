import {
  connect,
  credsAuthenticator,
  headers as createHeaders,
  nkeyAuthenticator,
  type MsgHdrs,
  type NatsConnection,
} from "@nats-io/transport-node";
import { describeError, type Clock } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import type { BusMessage } from "./bus-message.ts";
import type { OutboxOverflow } from "./outbox.ts";

/** How to reach and enter a NATS server. */
export interface NatsConnectionOptions {
  /** One or more `host:port`. Defaults to `127.0.0.1:4222`. */
  readonly servers?: string | readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** The seed of an nkey. */
  readonly nkeySeed?: string | undefined;
  /** The text of a credentials file, as `nsc` makes it. */
  readonly credentials?: string | undefined;
  /** PEM files; the server's own demand for TLS is honoured without them too. */
  readonly tls?:
    | {
        readonly authorityFile?: string | undefined;
        readonly certificateFile?: string | undefined;
        readonly keyFile?: string | undefined;
      }
    | undefined;
  /** Shown in the server's list of connections. Defaults to `antiphon`. */
  readonly name?: string | undefined;
  /** Defaults to 5,000 ms. */
  readonly connectTimeoutMs?: number | undefined;
  /** Between two attempts to reconnect. Defaults to 250 ms. */
  readonly reconnectWaitMs?: number | undefined;
  /** -1, the default, for ever. */
  readonly maximumReconnectAttempts?: number | undefined;
  /** Defaults to 120,000 ms. */
  readonly pingIntervalMs?: number | undefined;
  /** The most messages that wait while the server is away. Defaults to 10,000, and 64 MiB. */
  readonly outboxLimit?: number | undefined;
  /** What happens to a message that finds no room there. Defaults to `dropNew`: its promise rejects. */
  readonly outboxOverflow?: OutboxOverflow | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a connection; later outages are waited out.
 *
 * @throws BridgeError BRIDGE_CONNECT_FAILED
 */
export async function openNatsConnection(options: NatsConnectionOptions): Promise<NatsConnection> {
  const { servers = "127.0.0.1:4222", user, password, token, nkeySeed, credentials, tls, signal } = options;
  signal?.throwIfAborted();
  const encoder = new TextEncoder();
  try {
    const connecting = connect({
      servers: typeof servers === "string" ? servers : [...servers],
      name: options.name ?? "antiphon",
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
      ...(token === undefined ? {} : { token }),
      ...(nkeySeed === undefined ? {} : { authenticator: nkeyAuthenticator(encoder.encode(nkeySeed)) }),
      ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(encoder.encode(credentials)) }),
      ...(tls === undefined ? {} : { tls: tlsFiles(tls) }),
      maxReconnectAttempts: options.maximumReconnectAttempts ?? -1,
      reconnectTimeWait: options.reconnectWaitMs ?? 250,
      timeout: options.connectTimeoutMs ?? 5_000,
      pingInterval: options.pingIntervalMs ?? 120_000,
    });
    const connection = await connecting;
    if (signal?.aborted !== true) return connection;
    await connection.close();
  } catch (error) {
    throw connectFailed(servers, error);
  }
  throw signal.reason;
}

function tlsFiles(tls: NonNullable<NatsConnectionOptions["tls"]>) {
  const { authorityFile, certificateFile, keyFile } = tls;
  return {
    ...(authorityFile === undefined ? {} : { caFile: authorityFile }),
    ...(certificateFile === undefined ? {} : { certFile: certificateFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
}

/** The error for a server that cannot be used; without what stands before the @ of its address. */
export function connectFailed(servers: NatsConnectionOptions["servers"], cause: unknown): BridgeError {
  const where = typeof servers === "string" ? servers : (servers ?? ["127.0.0.1:4222"]).join(", ");
  return new BridgeError(
    "BRIDGE_CONNECT_FAILED",
    `Cannot use NATS at ${where.replace(/\/\/[^@/]*@/g, "//")}: ${describeError(cause)}. Start nats-server with JetStream (-js), or check the address.`,
    { cause, retryable: true },
  );
}

/** Headers as NATS' client wants them. */
export function toNatsHeaders(values: Readonly<Record<string, string>> = {}): MsgHdrs {
  const result = createHeaders();
  for (const [name, value] of Object.entries(values)) result.set(name, value);
  return result;
}

/** A message's id, and its headers without those of the protocol itself. */
export function fromNatsHeaders(read: () => MsgHdrs | undefined): Pick<BusMessage, "headers" | "id"> {
  let values: MsgHdrs | undefined;
  try {
    values = read();
  } catch {
    // The server carries what is no header at all, and the client throws at it: such a message comes without, or it would come for ever.
  }
  if (values === undefined) return { headers: {}, id: "" };
  const own = values.keys().filter((name) => !name.startsWith("Nats-"));
  return { headers: Object.fromEntries(own.map((name) => [name, values.get(name)])), id: values.get("Nats-Msg-Id") };
}
