import { randomUUID } from "node:crypto";
import { describeError, isAntiphonError, silentLogger, systemClock, type Clock, type Logger } from "@antiphon/std";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { BusMessage, BusSubscription } from "../bus/bus-message.ts";
import type { BusReply, CoreBus } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { patternOf, type RequestContract, type SubjectParameters } from "./bus-contract.ts";
import { announceService, type EndpointState, type ServiceIdentity } from "./discovery.ts";
import { messageHeaders, timeLeft } from "./message-headers.ts";
import { describeMisfit } from "./misfit.ts";
import { createLocalReplyMemory, createSharedReplyMemory, type ReplyMemory } from "./reply-memory.ts";
import { refusal, refusalOf, type Reply } from "./reply.ts";

/** What a handler knows of its request besides the question. */
export interface CallContext {
  /** Aborts when the asker has stopped waiting. */
  readonly signal: AbortSignal;
  readonly subject: string;
  readonly idempotencyKey: string | undefined;
  /** The step of the trace that asked. */
  readonly traceparent: string | undefined;
}

/** One thing that a service answers. */
export interface ServiceEndpoint {
  readonly request: RequestContract;
  /** The values of the subject's names; any, without them. */
  readonly parameters: Readonly<Record<string, string>>;
  answer(question: unknown, context: CallContext): Promise<unknown>;
}

/** Types an endpoint by its request. */
export function defineEndpoint<Template extends string, Question, Answer>(endpoint: {
  readonly request: RequestContract<Template, Question, Answer>;
  readonly parameters?: Partial<SubjectParameters<Template>>;
  answer(question: Question, context: CallContext): Promise<Answer>;
}): ServiceEndpoint {
  const { parameters = {}, ...rest } = endpoint;
  return { ...rest, parameters };
}

/** Options of {@link openBusService}. */
export interface BusServiceOptions {
  readonly bus: CoreBus;
  /** Letters, digits, `-` and `_`. */
  readonly name: string;
  /** As in semantic versioning. */
  readonly version: string;
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** By name: letters, digits, `-` and `_`. */
  readonly endpoints: Readonly<Record<string, ServiceEndpoint>>;
  /** Of the instances of one queue one gets each request. Defaults to `q`, as NATS' own services have it. */
  readonly queue?: string | undefined;
  /** A bucket in which all instances remember the answers by idempotency key, for 10 minutes; without it each remembers its own 10,000, of up to 64 MiB. */
  readonly replyBucket?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** A running service. */
export interface BusService extends AsyncDisposable {
  /** This instance. */
  readonly id: string;
  /** Requests whose asker had gone before the work began. */
  readonly expired: number;
  /** Requests from askers whose clock differs by more than it could. */
  readonly skewed: number;
  /** Stops answering; idempotent. */
  close(): Promise<void>;
}

const REPLY_AGE_MS = 600_000;
const REPLY_LIMIT = 10_000;
const REPLY_LIMIT_BYTES = 64 * 1024 * 1024;
/** How long work may take whose asker named no limit. */
const LONGEST_WORK_MS = 60_000;

/**
 * Answers requests as `{ ok, data }` or `{ ok: false, error }` and shows the service to NATS' service discovery.
 *
 * @throws BridgeError BRIDGE_INVALID_KEY for a name that NATS' services do not allow, and as `CoreBus.respond`
 * @see "ADR-32: Service API", nats-architecture-and-design
 */
export async function openBusService(options: BusServiceOptions): Promise<BusService> {
  const { bus, name, version, endpoints, queue = "q", clock = systemClock, logger = silentLogger } = options;
  for (const each of [name, ...Object.keys(endpoints)]) checkName(each);
  const memory = await openMemory(options, clock);
  const counts = { expired: 0, skewed: 0 };
  const states: EndpointState[] = [];
  const subscriptions: BusSubscription[] = [];
  const closeAll = async () => {
    await Promise.all(subscriptions.splice(0).map((subscription) => subscription.close()));
  };
  const identity: ServiceIdentity = {
    id: randomUUID(),
    name,
    version,
    description: options.description ?? "",
    metadata: options.metadata ?? {},
    startedAtMs: clock.now(),
  };
  try {
    for (const [endpointName, endpoint] of Object.entries(endpoints)) {
      const subject = patternOf(endpoint.request.subject, endpoint.parameters);
      const state: EndpointState = {
        name: endpointName,
        subject,
        queue,
        requests: 0,
        errors: 0,
        lastError: "",
        workNs: 0,
      };
      states.push(state);
      const run = createRunner({ name: `${name}.${endpointName}`, endpoint, memory, counts, clock, logger });
      subscriptions.push(await bus.respond(subject, (message) => measured(state, () => run(message)), { queue }));
    }
    subscriptions.push(...(await announceService(bus, identity, states)));
  } catch (error) {
    await closeAll();
    throw error;
  }
  return {
    id: identity.id,
    get expired() {
      return counts.expired;
    },
    get skewed() {
      return counts.skewed;
    },
    close: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}

function checkName(name: string): void {
  if (/^[\w-]{1,100}$/.test(name)) return;
  throw new BridgeError(
    "BRIDGE_INVALID_KEY",
    `${JSON.stringify(name)} is no name of a service: use letters, digits, - and _.`,
  );
}

async function openMemory({ bus, replyBucket }: BusServiceOptions, clock: Clock): Promise<ReplyMemory> {
  if (replyBucket === undefined)
    return createLocalReplyMemory({
      clock,
      limit: REPLY_LIMIT,
      limitBytes: REPLY_LIMIT_BYTES,
      maximumAgeMs: REPLY_AGE_MS,
    });
  const store = await bus.openKeyValue(replyBucket, { create: true, maximumAgeMs: REPLY_AGE_MS });
  return createSharedReplyMemory(store, clock);
}

async function measured(state: EndpointState, work: () => Promise<Reply>): Promise<Uint8Array | BusReply> {
  const startNs = process.hrtime.bigint();
  const reply = await work();
  state.requests++;
  state.workNs += Number(process.hrtime.bigint() - startNs);
  const data = encodeJson(reply);
  if (reply.ok) return data;
  state.errors++;
  state.lastError = reply.error.code;
  // NATS' own tools read the failure here.
  return { data, headers: { "Nats-Service-Error": reply.error.code, "Nats-Service-Error-Code": "500" } };
}

function createRunner(parts: {
  readonly name: string;
  readonly endpoint: ServiceEndpoint;
  readonly memory: ReplyMemory;
  readonly counts: { expired: number; skewed: number };
  readonly clock: Clock;
  readonly logger: Logger;
}): (message: BusMessage) => Promise<Reply> {
  const { name, endpoint, memory, counts, clock, logger } = parts;

  const work = async (message: BusMessage, question: unknown, leftMs: number): Promise<Reply> => {
    const ending = new AbortController();
    using _timer = clock.setTimer(leftMs, () => ending.abort(), { keepAlive: false });
    try {
      const data = await endpoint.answer(question, {
        signal: ending.signal,
        subject: message.subject,
        idempotencyKey: message.headers[messageHeaders.idempotencyKey],
        traceparent: message.headers[messageHeaders.traceparent],
      });
      const checked = endpoint.request.answer.safeParse(data);
      if (checked.success) return { ok: true, data: checked.data ?? null };
      logger.warn("a service's answer does not fit its schema", { name, error: describeMisfit(checked.error) });
      return refusal("ANSWER_INVALID", `${name} gave an answer that does not fit its schema.`);
    } catch (error) {
      if (!isAntiphonError(error)) logger.warn("a service failed", { name, error: describeError(error) });
      return refusalOf(error, name);
    }
  };

  return async (message) => {
    const { leftMs = LONGEST_WORK_MS, skewed } = timeLeft(message.headers[messageHeaders.deadline], clock);
    if (skewed) counts.skewed++;
    if (leftMs <= 0) {
      counts.expired++;
      return refusal("REQUEST_EXPIRED", `The request for ${name} came after its asker had stopped waiting.`);
    }
    let question: unknown;
    try {
      question = decodeJson(message.data);
    } catch {
      return refusal("QUESTION_NOT_JSON", `The question for ${name} is not JSON.`);
    }
    const checked = endpoint.request.question.safeParse(question);
    if (!checked.success)
      return refusal("QUESTION_INVALID", `The question for ${name} does not fit: ${describeMisfit(checked.error)}`);
    const key = message.headers[messageHeaders.idempotencyKey];
    if (key === undefined) return work(message, checked.data, leftMs);
    return memory
      .answer(`${name} ${message.subject} ${key}`, leftMs, () => work(message, checked.data, leftMs))
      .catch((error: unknown) => refusalOf(error, name));
  };
}
