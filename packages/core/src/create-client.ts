import { createMemberRequests } from "@antiphon/gateway";
import { createVoiceSignaling, type Dispatch, type DispatchSource } from "@antiphon/protocol/discord";
import {
  createEmitter,
  describeError,
  silentLogger,
  systemClock,
  systemRandom,
  waitFor,
  type Secret,
} from "@antiphon/std";
import { createCache } from "./cache/cache.ts";
import type { Client, ClientEvent } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import { createClientTransport } from "./client-transport.ts";
import { createConnector } from "./connection.ts";
import { CoreError } from "./core-error.ts";
import { createErrorReporter } from "./errors/report-error.ts";
import { warnAboutHandler } from "./errors/warn-about-handler.ts";
import { createCachedFetches } from "./fetch-cached.ts";
import type { CacheFields } from "./cache/cache-fields.ts";
import { gatewayEventNames, toGatewayEvent } from "./gateway-event.ts";
import { createGuildReadiness } from "./guild-readiness.ts";
import { createIdentity } from "./identity.ts";
import { resolveIntents } from "./intents.ts";
import { isInteraction } from "./interactions/is-interaction.ts";
import { interactionPlace } from "./interactions/context.ts";
import { createInteractionRouter } from "./interactions/router.ts";
import { createMessages } from "./messages.ts";
import { createDispatchRecorder, type ClientStats } from "./monitoring/client-stats.ts";
import { measureRest } from "./monitoring/measured-rest.ts";
import { breakerFigures, recoveryFigures, shardFigures } from "./monitoring/observed-parts.ts";
import { checkOption } from "./option-error.ts";
import { readToken } from "./read-token.ts";
import { connectFailure } from "./request-failure.ts";
import { createSession, type Session } from "./session.ts";
import type { WaitOptions } from "./wait-options.ts";
import { createVoiceStates } from "./voice-states.ts";

const DEFAULT_GUILD_TIMEOUT_MS = 5_000;

/** What a client is composed of, defaults filled in. */
type Parts = ReturnType<typeof createParts>;

function requireToken(options: ClientOptions): Secret | undefined {
  const token = readToken(options.token);
  if (token !== undefined) return token;
  if (options.gateway !== undefined && options.rest !== undefined) return undefined;
  throw new CoreError(
    "CORE_TOKEN_MISSING",
    "createClient: there is no token. Pass `token`, or both `gateway` and `rest`.",
  );
}

function createParts(options: ClientOptions) {
  const { logger = silentLogger, clock = systemClock, random = systemRandom } = options;
  const intents = resolveIntents(options.intents);
  checkOption("createClient", "guildTimeoutMs", options.guildTimeoutMs ?? DEFAULT_GUILD_TIMEOUT_MS, 0);
  const token = requireToken(options);
  const { outermost, transport, owned } = createClientTransport(options, { token, clock, random, logger });
  const measuredRest = measureRest(outermost, transport, clock);
  const { rest } = measuredRest;
  const report = createErrorReporter(options.errorHandler, logger);
  const isSilent = options.logger === undefined && options.errorHandler === undefined;
  const onListenerError = (error: unknown, type: string) => {
    logger.error("client: a listener failed", { type, error: describeError(error) });
    report(error);
  };
  // Without a place to tell it to, a process warning does, which is what an emitter does by itself.
  const emitter = createEmitter<ClientEvent>(isSilent ? {} : { onListenerError });
  const identity = createIdentity(rest);
  const router = createInteractionRouter({
    ...options.interactions,
    rest,
    clock,
    random,
    logger,
    applicationId: () => identity.applicationId,
    onError(event) {
      report(event.error, interactionPlace(event.interaction));
      if (isSilent && emitter.listenerCount(event.type) === 0) warnAboutHandler(event.error);
      emitter.emit(event);
    },
  });
  const cache = createCache(options.cache, { clock, logger, onError: report });
  const readiness = createGuildReadiness(clock);
  return {
    client: options,
    logger,
    clock,
    random,
    intents,
    token,
    owned,
    measuredRest,
    rest,
    report,
    emitter,
    identity,
    router,
    cache,
    readiness,
    dispatches: createDispatchRecorder(),
  };
}

/** Passes each dispatch on: first to what keeps state, then to the listeners, then to the handlers. */
function createDispatcher(
  parts: Parts,
  feeds: readonly { feed(dispatch: Dispatch): void }[],
): (dispatch: Dispatch) => void {
  const { cache, emitter, router, logger, clock, dispatches } = parts;
  const emit = (dispatch: Dispatch) => {
    if (emitter.listenerCount("raw") > 0) emitter.emit({ type: "raw", dispatch });
    const event = toGatewayEvent(dispatch);
    if (event !== undefined) emitter.emit(event);
    else emitter.emit({ type: "unknownDispatch", name: dispatch.type, data: dispatch.data, shardId: dispatch.shardId });
  };
  return (dispatch) => {
    const startedMs = clock.monotonicMs();
    cache.apply(dispatch.type, dispatch.data);
    try {
      for (const { feed } of feeds) feed(dispatch);
    } catch (error) {
      logger.warn("client: a dispatch was not as documented", { type: dispatch.type, error: describeError(error) });
    }
    emit(dispatch);
    dispatches.record(dispatch.type, clock.monotonicMs() - startedMs);
    if (dispatch.type !== "INTERACTION_CREATE") return;
    if (isInteraction(dispatch.data)) void router.handle(dispatch.data);
    else logger.warn("client: an interaction without id, token or type was left out");
  };
}

/** What the client itself follows, besides the cache: who it is, which guilds are there, voice, interactions. */
const FOLLOWED: ReadonlySet<string> = new Set([
  "READY",
  "RESUMED",
  "USER_UPDATE",
  "GUILD_CREATE",
  "GUILD_DELETE",
  "VOICE_STATE_UPDATE",
  "VOICE_SERVER_UPDATE",
  "INTERACTION_CREATE",
]);

/** Which dispatches somebody has a use for at this moment; the others are counted, but not decoded. */
function createWants({ cache, emitter }: Parts): (name: string) => boolean {
  return (name) =>
    FOLLOWED.has(name) ||
    emitter.listenerCount(gatewayEventNames.get(name) ?? "unknownDispatch") > 0 ||
    emitter.listenerCount("raw") > 0 ||
    cache.wants(name);
}

/** The client's connection of the moment, as a source that stays. */
function currentSource(session: () => Session): Pick<DispatchSource, "subscribe" | "send"> {
  const source = () => {
    const current = session().source;
    if (current !== undefined) return current;
    throw new CoreError("CORE_NOT_READY", "requestMembers(): the client is not connected.");
  };
  return {
    subscribe: (listener, wishes) => source().subscribe(listener, wishes),
    send: (guildId, command) => source().send(guildId, command),
  };
}

function createVoice(parts: Parts, session: () => Session) {
  return createVoiceSignaling({
    userId: () => parts.identity.user.id,
    async send(guildId, command) {
      const { source } = session();
      if (source === undefined)
        throw new CoreError("CORE_NOT_READY", "updateVoiceState(): the client is not connected.");
      await source.send(guildId, command);
    },
  });
}

function readStats(parts: Parts, session: Session): ClientStats {
  const { client, dispatches, router, measuredRest, cache, emitter } = parts;
  return {
    state: session.state,
    latencyMs: session.source?.latencyMs,
    dispatches: dispatches.stats(),
    interactions: router.stats(),
    requests: { ...measuredRest.stats(), breakers: breakerFigures(client.restOptions?.policies) },
    shards: shardFigures(session.source),
    recovery: recoveryFigures(client.errorHandler),
    cache: cache.stats(),
    droppedEvents: emitter.dropped,
  };
}

/**
 * Builds a client; nothing is sent before `connect`.
 *
 * @throws {@link CoreError} `CORE_TOKEN_MISSING`, `CORE_UNKNOWN_INTENT`, `CORE_OPTION_INVALID`
 */
export function createClient<const Fields extends CacheFields = CacheFields>(
  options: ClientOptions<Fields>,
): Client<Fields> {
  // Which fields the cache keeps shows in its types alone.
  return buildClient(options);
}

function buildClient(options: ClientOptions): Client {
  const parts = createParts(options);
  const { emitter, identity, readiness, router, cache, rest } = parts;
  const voiceSignaling = createVoice(parts, () => session);
  const session = createSession({
    openConnection: createConnector(parts),
    onDispatch: createDispatcher(parts, [identity, readiness, voiceSignaling]),
    wishes: { wants: createWants(parts), onSkipped: parts.dispatches.skip },
    async onConnected(signal) {
      await identity.fetch(signal);
      if (options.intents.includes("guilds"))
        await readiness.wait(options.guildTimeoutMs ?? DEFAULT_GUILD_TIMEOUT_MS, signal);
    },
    onFailed(error) {
      const failure = connectFailure(error);
      parts.report(failure);
      emitter.emit({ type: "connectionFailed", error: failure });
    },
  });
  const connect = async (wait: WaitOptions = {}) => {
    try {
      await session.connect(wait);
    } catch (error) {
      if (wait.signal?.aborted !== true) parts.report(error);
      throw error;
    }
  };
  const memberRequests = createMemberRequests({
    source: currentSource(() => session),
    clock: parts.clock,
    random: parts.random,
  });
  const ending = new AbortController();
  let closing: Promise<void> | undefined;
  const close = async () => {
    ending.abort(new CoreError("CORE_CLOSED", "waitFor(): the client was closed."));
    router.close();
    memberRequests.close(new CoreError("CORE_CLOSED", "requestMembers(): the client was closed."));
    await session.close();
    for (const part of parts.owned) await part.close();
    emitter.close();
    await cache.close();
  };

  const client: Client = {
    on: emitter.on,
    events: emitter.events,
    get state() {
      return session.state;
    },
    get user() {
      return identity.user;
    },
    get applicationId() {
      return identity.applicationId;
    },
    get latencyMs() {
      return session.source?.latencyMs;
    },
    rest,
    cache,
    interactions: { rest, handle: router.handle },
    commands: router.commands,
    components: router.components,
    modals: router.modals,
    messages: createMessages(rest),
    voiceStates: createVoiceStates(cache),
    voiceSignaling,
    use: router.use,
    connect,
    disconnect: () => session.disconnect(false),
    async reconnect(wait) {
      await session.disconnect(true);
      await connect(wait);
    },
    close: () => (closing ??= close()),
    waitFor: (type, filter, { signal } = {}) =>
      waitFor<ClientEvent, typeof type>(client, type, {
        ...(filter !== undefined && { filter }),
        signal: signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]),
      }),
    requestMembers: memberRequests.request,
    stats: () => readStats(parts, session),
    ...createCachedFetches(cache, rest, parts.report),
    [Symbol.asyncDispose]: () => client.close(),
  };
  return client;
}
