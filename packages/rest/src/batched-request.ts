import type { RestMethod, RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";

/** A request that waits in a batch. */
export interface BatchedRequest {
  readonly method: RestMethod;
  readonly path: string;
  readonly options: RestRequestOptions;
  /** What stands in the path where the handler's pattern has `:name`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Ends the request with its result; only the first end counts. */
  resolve(result: unknown): void;
  /** Ends the request with an error. */
  reject(error: unknown): void;
}

/** Requests for which there is a better way than to send them one by one. */
export interface BatchHandler {
  /** The method of the requests. */
  readonly method: RestMethod;
  /** Their path, with `:name` for what differs: `/channels/:channelId/messages/:messageId`. */
  readonly pattern: string;
  /** The most requests in one call of `process`. Defaults to the batcher's. */
  readonly maximumBatchSize?: number | undefined;
  /** Where several handlers match, the highest goes first. Defaults to 0. */
  readonly priority?: number | undefined;
  /** Leaves a request to other handlers, or to being sent alone. Takes all by default. */
  readonly accepts?: ((request: BatchedRequest) => boolean) | undefined;
  /** Requests with different keys are processed apart. All together by default. */
  readonly groupBy?: ((request: BatchedRequest) => string) | undefined;
  /** Ends each of the requests; those that it leaves open are rejected, with its own error if it throws. */
  process(requests: readonly BatchedRequest[], transport: RestTransport): Promise<void>;
}

/** Reads the `:name` parts of a path; undefined when it does not match the pattern. */
export function matchPattern(pattern: string, path: string): Record<string, string> | undefined {
  const expected = pattern.split("/");
  const actual = path.split("/");
  if (expected.length !== actual.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const value = actual[index] ?? "";
    if (part.startsWith(":") && value !== "") parameters[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return parameters;
}
