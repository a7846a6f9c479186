import { Agent, request as undiciRequest } from "undici";
import { RecommenderError } from "../error.ts";
import type { HttpPort, HttpResponse } from "./http-port.ts";

/** Options of {@link createHttpPool}. */
export interface HttpPoolOptions {
  /** The most connections that are open at once, to all hosts together; at least one for each host. Defaults to 100. */
  readonly maxConnections?: number | undefined;
  /** The most hosts that are spoken to; the connections are divided evenly among them. Defaults to 10. */
  readonly maxHosts?: number | undefined;
  /** The longest body that is read, in bytes. Defaults to 4 MiB. */
  readonly maximumBodyBytes?: number | undefined;
}

/** An {@link HttpPort} over connections that are kept and used again. */
export interface HttpPool extends HttpPort, AsyncDisposable {
  /** Ends what is under way and closes the connections; idempotent. */
  close(): Promise<void>;
}

/**
 * Builds an {@link HttpPool}; opens nothing before the first request. A request beyond its host's connections waits for one.
 *
 * @throws RecommenderError RECOMMENDER_OPTIONS_INVALID; a body over the limit rejects with RECOMMENDER_API_RESPONSE_INVALID
 */
export function createHttpPool(options: HttpPoolOptions = {}): HttpPool {
  const { maxConnections = 100, maxHosts = 10, maximumBodyBytes = 4 * 1_024 * 1_024 } = options;
  if (!Number.isInteger(maxHosts) || maxHosts < 1 || !(maxConnections >= maxHosts)) {
    const message = `createHttpPool: maxConnections ${maxConnections} must give each of maxHosts ${maxHosts} at least one`;
    throw new RecommenderError("RECOMMENDER_OPTIONS_INVALID", message);
  }
  // Divided, because connections that rest count as well: a host that was busy before would leave none to the next.
  const connections = Math.floor(maxConnections / maxHosts);
  const agent = new Agent({ connections, maxOrigins: maxHosts, keepAliveTimeout: 10_000 });
  let closed: Promise<void> | undefined;

  const close = () => (closed ??= agent.destroy());
  return {
    async send({ url, method, headers, body, signal }): Promise<HttpResponse> {
      const response = await undiciRequest(url, { method, headers, body: body ?? null, signal, dispatcher: agent });
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        sizeBytes += chunk.length;
        if (sizeBytes > maximumBodyBytes) throw tooLong(maximumBodyBytes);
        chunks.push(chunk);
      }
      return {
        status: response.statusCode,
        header: (name) => [response.headers[name] ?? []].flat()[0],
        body: Buffer.concat(chunks).toString("utf8"),
      };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function tooLong(maximumBodyBytes: number): RecommenderError {
  const message = `The answer is longer than ${maximumBodyBytes} bytes.`;
  return new RecommenderError("RECOMMENDER_API_RESPONSE_INVALID", message, { details: { maximumBodyBytes } });
}
