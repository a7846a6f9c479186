import {
  abortReason,
  createBackoff,
  createKeyedMutex,
  createSecret,
  isAntiphonError,
  systemClock,
  systemRandom,
  type Clock,
  type Policy,
  type Random,
  type Secret,
} from "@antiphon/std";
import type { z } from "zod";
import { RecommenderError } from "../error.ts";
import { createPacer } from "../processor/pacer.ts";
import { createHttpPool } from "./http-pool.ts";
import type { HttpPort } from "./http-port.ts";
import { failureOf, invalidAnswer, readAnswer, type Judge } from "./read-answer.ts";
import { createResponseCache } from "./response-cache.ts";
import { createServiceCircuit, type CircuitState } from "./service-circuit.ts";

/** Options that the clients of all services share. */
export interface ServiceOptions {
  /** The way to the service. Defaults to a pool of its own. */
  readonly http?: HttpPort | undefined;
  /** Who asks: `name/version ( address )`. Defaults to this package and its page. */
  readonly userAgent?: string | undefined;
  /** The least time between the beginnings of two requests, in milliseconds. Defaults to what the service allows. */
  readonly minIntervalMs?: number | undefined;
  /** How long one attempt may take, in milliseconds. Defaults to 10,000. */
  readonly timeoutMs?: number | undefined;
  /** The most attempts of a call; at least 1. Defaults to 3. */
  readonly maxAttempts?: number | undefined;
  /** The longest wait that a service may ask for, in milliseconds; beyond it calls fail at once. Defaults to 60,000. */
  readonly maxRetryAfterMs?: number | undefined;
  /** Failures in a row after which the service is left alone. Defaults to 5. */
  readonly failureThreshold?: number | undefined;
  /** For how long it is left alone, in milliseconds. Defaults to 30,000. */
  readonly recoveryMs?: number | undefined;
  /** Takes the place of the breaker of its own, such as one of a health monitor. */
  readonly circuit?: Policy | undefined;
  /** How many answers are kept. Defaults to 2,000. */
  readonly cacheLimit?: number | undefined;
  /** For how long, in milliseconds; that a service knows nothing is kept for a 24th of it. Defaults to a day. */
  readonly cacheLifetimeMs?: number | undefined;
  /** Where time is read and passes. */
  readonly clock?: Clock | undefined;
  /** Where the jitter of retries comes from. */
  readonly random?: Random | undefined;
}

/** What a client has counted. */
export interface ServiceStats {
  /** The service's name. */
  readonly service: string;
  /** Requests that went out, retries among them. */
  readonly requests: number;
  /** Requests that were answered as they should be. */
  readonly succeeded: number;
  /** Requests that failed. */
  readonly failed: number;
  /** Requests that were made again after a failure. */
  readonly retries: number;
  /** Answers that were given from the cache. */
  readonly cacheHits: number;
  /** Requests answered as they should be among all, from 0 to 1; 1 before the first. */
  readonly successRatio: number;
  /** Mean time of a request, in milliseconds; 0 before the first. */
  readonly averageResponseMs: number;
  /** The breaker's state; undefined when one was given from outside. */
  readonly circuitState: CircuitState | undefined;
}

/** One call to a service. */
export interface ServiceCall<Value> {
  readonly method?: "GET" | "POST";
  /** The address without its query. */
  readonly url: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the answer must look like. */
  readonly schema: z.ZodType<Value>;
  /** Whether the answer may be kept. */
  readonly isCached: boolean;
}

/** Makes calls to one service as it wants to be called. */
export interface ServiceCaller {
  /** Undefined when the service knows nothing of what was asked. */
  call<Value>(
    call: ServiceCall<Value>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Value | undefined>;
  stats(): ServiceStats;
  close(): Promise<void>;
}

/** What a client tells its caller about its service. */
export interface ServiceTraits {
  readonly service: string;
  /** The least time between two requests that the service allows. */
  readonly minIntervalMs: number;
  /** What the service says with its own codes. */
  readonly judge?: Judge;
  /** Values that must appear nowhere. */
  readonly secrets: readonly Secret[];
  /** Added to every query, seen by nobody. */
  readonly secretQuery?: () => Readonly<Record<string, string>>;
}

/** Who asks, unless the caller says. */
export const DEFAULT_USER_AGENT = "antiphon-recommender/0 ( https://www.npmjs.com/package/@antiphon/recommender )";

/** Builds a {@link ServiceCaller}. */
export function createServiceCaller(traits: ServiceTraits, options: ServiceOptions): ServiceCaller {
  const { clock = systemClock, random = systemRandom, timeoutMs = 10_000, maxAttempts = 3 } = options;
  const { maxRetryAfterMs = 60_000, cacheLifetimeMs = 86_400_000, userAgent = DEFAULT_USER_AGENT } = options;
  const { service, secrets, judge = () => undefined } = traits;
  const pool = createHttpPool();
  const http = options.http ?? pool;
  const { failureThreshold = 5, recoveryMs = 30_000 } = options;
  const ownCircuit = createServiceCircuit({ service, failureThreshold, recoveryMs, clock });
  const circuit = options.circuit ?? ownCircuit;
  const pacer = createPacer({ intervalMs: options.minIntervalMs ?? traits.minIntervalMs, clock });
  const cache = createResponseCache(options.cacheLimit ?? 2_000, clock);
  const keys = createKeyedMutex<string>();
  const closing = new AbortController();
  const counts = { requests: 0, succeeded: 0, failed: 0, retries: 0, cacheHits: 0 };
  let responseMs = 0;

  const redact = (text: string) =>
    secrets
      .flatMap((secret) => spellingsOf(secret.reveal()))
      .reduce((left, spelling) => left.replaceAll(spelling, "[redacted]"), text);
  const addressOf = ({ url, query = {} }: ServiceCall<unknown>, secretQuery: Readonly<Record<string, string>> = {}) => {
    const address = new URL(url);
    for (const [name, value] of Object.entries({ ...query, ...secretQuery }))
      if (value !== undefined) address.searchParams.set(name, String(value));
    return address.href;
  };
  /** One request, timed and judged. */
  const attempt = async <Value>(call: ServiceCall<Value>, signal: AbortSignal): Promise<Value | undefined> => {
    const timeout = new AbortController();
    using _timer = clock.setTimer(timeoutMs, () => timeout.abort());
    const beganMs = clock.monotonicMs();
    counts.requests++;
    try {
      const response = await http.send({
        method: call.method ?? "GET",
        url: addressOf(call, traits.secretQuery?.()),
        headers: { accept: "application/json", "user-agent": userAgent, ...call.headers },
        body: call.body,
        signal: AbortSignal.any([signal, timeout.signal]),
      });
      const answer = readAnswer(service, response, judge);
      if (answer.holdMs > 0) pacer.hold(answer.holdMs);
      if (answer.error !== undefined) throw answer.error;
      if (answer.json === undefined) return undefined;
      const parsed = call.schema.safeParse(answer.json);
      if (!parsed.success) throw invalidAnswer(service, parsed.error.issues[0]);
      counts.succeeded++;
      return parsed.data;
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      throw failureOf(service, error, { timeoutMs: timeout.signal.aborted ? timeoutMs : undefined, redact });
    } finally {
      responseMs += clock.monotonicMs() - beganMs;
    }
  };
  const refuseWait = () => {
    const retryAfterMs = pacer.waitMs();
    if (retryAfterMs <= maxRetryAfterMs) return;
    const message = `${service} asked to be left alone for ${Math.ceil(retryAfterMs)} ms, longer than maxRetryAfterMs.`;
    throw new RecommenderError("RECOMMENDER_API_RATE_LIMITED", message, {
      retryable: true,
      details: { service, retryAfterMs },
    });
  };
  const load = async <Value>(call: ServiceCall<Value>, signal: AbortSignal): Promise<Value | undefined> => {
    let backoff = createBackoff({ random, maximumMs: maxRetryAfterMs });
    for (let count = 1; ; count++) {
      const refused = options.circuit === undefined ? ownCircuit.refusal() : undefined;
      if (refused !== undefined) throw refused;
      refuseWait();
      await pacer.take({ signal });
      try {
        return await circuit.execute((context) => attempt(call, context.signal), { signal });
      } catch (error) {
        if (signal.aborted || isAntiphonError(error, "RECOMMENDER_API_CIRCUIT_OPEN")) throw error;
        counts.failed++;
        if (count >= maxAttempts || !isAntiphonError(error) || !error.retryable) throw error;
        counts.retries++;
        // What the service asks for is kept by the pacer; this only spreads those who failed together.
        await clock.sleep(backoff.delayMs, { signal });
        backoff = backoff.next();
      }
    }
  };
  const close = async () => {
    const message = `The client of ${service} was closed.`;
    if (!closing.signal.aborted) closing.abort(new RecommenderError("RECOMMENDER_API_CLOSED", message));
    await pool.close();
  };
  return {
    call(call, { signal } = {}) {
      const scope = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
      if (!call.isCached) return scope.aborted ? Promise.reject(abortReason(scope)) : load(call, scope);
      const key = `${addressOf(call)} ${call.body ?? ""}`;
      // Whoever asks the same meanwhile waits for the first and finds its answer kept.
      return keys.run(
        key,
        async () => {
          const kept = cache.get(key);
          if (kept !== undefined) {
            counts.cacheHits++;
            return kept.value as never;
          }
          const value = await load(call, scope);
          cache.set(key, value, value === undefined ? cacheLifetimeMs / 24 : cacheLifetimeMs);
          return value;
        },
        { signal: scope },
      );
    },
    stats: () => ({
      service,
      ...counts,
      successRatio: counts.requests === 0 ? 1 : (counts.requests - counts.failed) / counts.requests,
      averageResponseMs: counts.requests === 0 ? 0 : responseMs / counts.requests,
      circuitState: options.circuit === undefined ? ownCircuit.state : undefined,
    }),
    close,
  };
}

/** How a value looks as it is, in an address and in a form. */
function spellingsOf(value: string): string[] {
  return [value, encodeURIComponent(value), new URLSearchParams({ value }).toString().slice("value=".length)];
}

/** The secret in an option. @throws RecommenderError RECOMMENDER_OPTIONS_INVALID when it is empty */
export function secretOption(name: string, value: string | Secret): Secret {
  const secret = typeof value === "string" ? createSecret(value) : value;
  if (secret.reveal() !== "") return secret;
  throw new RecommenderError("RECOMMENDER_OPTIONS_INVALID", `${name} must not be empty.`, { details: { name } });
}
