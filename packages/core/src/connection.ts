import { createGateway, createMemorySessionStore, type Gateway } from "@antiphon/gateway";
import type { DispatchSource, GatewayInfo, RestTransport } from "@antiphon/protocol/discord";
import type { Clock, Logger, Random, Secret } from "@antiphon/std";
import type { ClientOptions } from "./client-options.ts";

/** A source of dispatches while it is in use. */
export interface Connection {
  readonly source: DispatchSource;
  /** Ends it if it is our own; `keepSession` leaves its session resumable. */
  close(options: { readonly keepSession: boolean }): Promise<void>;
}

/** Options of {@link createConnector}. */
export interface ConnectorOptions {
  readonly client: ClientOptions;
  readonly token: Secret | undefined;
  readonly intents: number;
  readonly rest: RestTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Gives a fresh connection each time: a new gateway of our own (a gateway ends for good), or the one that was passed in. */
export function createConnector(options: ConnectorOptions): (onEnd: (error: unknown) => void) => Connection {
  const { client, token, intents, rest, clock, random, logger } = options;
  const given = client.gateway;
  if (given !== undefined || token === undefined) {
    if (given === undefined) throw new TypeError("createConnector: there is neither a token nor a gateway");
    // Whoever passed it in may use it for more than this client, and closes it.
    return () => ({ source: given, close: () => Promise.resolve() });
  }
  const sessionStore = createMemorySessionStore();
  const gatewayInfo = () => rest.request<GatewayInfo>("GET", "/gateway/bot");
  const { compression, shardCount, reshard, workers } = client;
  const followEnd = async (gateway: Gateway, onEnd: (error: unknown) => void) => {
    const reason = await gateway.closed;
    if (reason.kind === "fatal") onEnd(reason.error);
  };
  return (onEnd) => {
    const gateway = createGateway({
      token,
      intents,
      gatewayInfo,
      compression,
      shardCount,
      reshard,
      workers,
      sessionStore,
      clock,
      random,
      logger,
    });
    void followEnd(gateway, onEnd);
    return { source: gateway, close: (closing) => gateway.close(closing) };
  };
}
