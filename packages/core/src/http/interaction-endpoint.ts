import type { IncomingMessage, ServerResponse } from "node:http";
import { describeError, silentLogger, systemClock, type Clock, type Logger } from "@antiphon/std";
import { InteractionResponseType, InteractionType, type APIInteraction } from "discord-api-types/v10";
import { isInteraction } from "../interactions/is-interaction.ts";
import type { InteractionHandler, InteractionOutcome } from "../interactions/router.ts";
import { readBody, type EndpointRequest } from "./endpoint-request.ts";
import { checkOption } from "../option-error.ts";
import { createFirstAnswer } from "./first-answer.ts";
import { emptyAnswer, jsonAnswer, toResponse, type HttpAnswer } from "./http-answer.ts";
import { createNodeHandler } from "./node-handler.ts";
import { createSignatureVerifier, type SignedRequest } from "./signature.ts";

/** Options of {@link createInteractionEndpoint}. */
export interface InteractionEndpointOptions {
  /** The application's public key from the developer portal: 64 hexadecimal digits. */
  readonly publicKey: string;
  /** Who handles the interactions: `client.interactions`, or what {@link createInteractions} gives. */
  readonly interactions: InteractionHandler;
  /**
   * How the first answer goes: in the body of the response (one request less), or over the callback route after an empty 202
   * (for servers that cannot wait). Defaults to `body`.
   */
  readonly firstAnswer?: "body" | "callback" | undefined;
  /** How far a request's timestamp may be from the clock, in milliseconds; Infinity accepts all. Defaults to 300,000. */
  readonly timestampToleranceMs?: number | undefined;
  /** The longest body that is read, in bytes. Defaults to 1,048,576. */
  readonly maximumBodyBytes?: number | undefined;
  /** How many requests may be under way at once; more are answered 503. Defaults to 1,000. */
  readonly maximumPending?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** What an endpoint has done so far. */
export interface InteractionEndpointStats {
  /** Requests that came, of whatever kind. */
  readonly requests: number;
  /** Requests whose response is not out yet. */
  readonly pending: number;
  /** Pings of Discord. */
  readonly pings: number;
  /** Interactions that went to the handlers. */
  readonly interactions: number;
  /** Requests without a valid signature, or with a timestamp out of tolerance; Discord probes with some. */
  readonly unauthorized: number;
  /** Requests refused for another reason: method, size, content, load. */
  readonly refused: number;
}

/** Where Discord sends interactions over HTTP. */
export interface InteractionEndpoint {
  /** Answers a request; never rejects. For servers that speak `Request` and `Response`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers a request of `node:http`: `createServer(endpoint.nodeHandler)`. */
  readonly nodeHandler: (request: IncomingMessage, response: ServerResponse) => void;
  stats(): InteractionEndpointStats;
}

const DEFAULT_TOLERANCE_MS = 300_000;
const DEFAULT_BODY_BYTES = 1_048_576;
const DEFAULT_PENDING = 1_000;
const statusOfOutcome = { handled: 500, unhandled: 404, duplicate: 409, closed: 503 } as const;

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    // Signed, but no JSON: the caller answers 400.
    return undefined;
  }
}

/** Hands an interaction to the handlers and gives the response for it. */
function createAnswerer(options: InteractionEndpointOptions): (interaction: APIInteraction) => Promise<HttpAnswer> {
  const { interactions, clock = systemClock } = options;
  if (options.firstAnswer === "callback") {
    return async (interaction) => {
      void interactions.handle(interaction);
      return emptyAnswer(202);
    };
  }
  return (interaction) => {
    const { ready, delivery } = createFirstAnswer({ rest: interactions.rest, interaction, clock });
    const unanswered = (outcome: InteractionOutcome) => emptyAnswer(statusOfOutcome[outcome]);
    return Promise.race([ready, interactions.handle(interaction, delivery).then(unanswered)]);
  };
}

/**
 * Builds the endpoint that an application's "Interactions Endpoint URL" leads to; it opens no port itself.
 *
 * @throws {@link CoreError} `CORE_PUBLIC_KEY_INVALID`, `CORE_OPTION_INVALID`
 * @see [Discord Docs/Interactions Overview]
 */
export function createInteractionEndpoint(options: InteractionEndpointOptions): InteractionEndpoint {
  const { publicKey, clock = systemClock, logger = silentLogger } = options;
  const { timestampToleranceMs = DEFAULT_TOLERANCE_MS, maximumBodyBytes = DEFAULT_BODY_BYTES } = options;
  const { maximumPending = DEFAULT_PENDING } = options;
  const operation = "createInteractionEndpoint";
  checkOption(operation, "timestampToleranceMs", timestampToleranceMs, 0);
  checkOption(operation, "maximumBodyBytes", maximumBodyBytes, 1);
  checkOption(operation, "maximumPending", maximumPending, 1);
  const isSigned = createSignatureVerifier({ publicKey, timestampToleranceMs, clock });
  const answerInteraction = createAnswerer(options);
  const counts = { requests: 0, pending: 0, pings: 0, interactions: 0, unauthorized: 0, refused: 0 };

  const refuse = (status: number, headers?: Readonly<Record<string, string>>) => {
    counts.refused++;
    return emptyAnswer(status, headers);
  };
  const answerSigned = (payload: unknown): HttpAnswer | Promise<HttpAnswer> => {
    // A ping has no need of the fields that every other interaction has.
    if (typeof payload === "object" && payload !== null && "type" in payload && payload.type === InteractionType.Ping) {
      counts.pings++;
      return jsonAnswer({ type: InteractionResponseType.Pong });
    }
    if (!isInteraction(payload)) return refuse(400);
    counts.interactions++;
    return answerInteraction(payload);
  };
  const read = async (request: EndpointRequest): Promise<HttpAnswer> => {
    if (request.method !== "POST") return refuse(405, { allow: "POST" });
    const body = await readBody(request, maximumBodyBytes);
    if (body === undefined) return refuse(413, { connection: "close" });
    const signed: SignedRequest = {
      signature: request.header("x-signature-ed25519"),
      timestamp: request.header("x-signature-timestamp"),
      body,
    };
    if (!isSigned(signed)) {
      counts.unauthorized++;
      return emptyAnswer(401);
    }
    return answerSigned(parse(body));
  };
  const receive = async (request: EndpointRequest): Promise<HttpAnswer> => {
    counts.requests++;
    if (counts.pending >= maximumPending) return refuse(503);
    counts.pending++;
    try {
      return await read(request);
    } catch (error) {
      logger.warn("interactions: a request could not be read", { error: describeError(error) });
      return refuse(400);
    } finally {
      counts.pending--;
    }
  };

  return {
    fetch: async ({ method, headers, body }) => {
      const request = { method, header: (name: string) => headers.get(name) ?? undefined, body: body ?? undefined };
      return toResponse(await receive(request));
    },
    nodeHandler: createNodeHandler(receive),
    stats: () => ({ ...counts }),
  };
}
