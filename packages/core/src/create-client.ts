import type { Dispatch, RestTransport, UserId } from "@antiphon/protocol/discord";
import { createRest, type Rest } from "@antiphon/rest";
import {
  createEmitter,
  createSecret,
  describeError,
  silentLogger,
  systemClock,
  systemRandom,
  waitFor,
  type Secret,
} from "@antiphon/std";
import type { APIInteraction } from "discord-api-types/v10";
import { createCache } from "./cache/cache.ts";
import type { Client, ClientEvent } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import { createConnector } from "./connection.ts";
import { CoreError } from "./core-error.ts";
import { createCachedFetches } from "./fetch-cached.ts";
import { toGatewayEvent } from "./gateway-event.ts";
import { createGuildReadiness } from "./guild-readiness.ts";
import { createIdentity } from "./identity.ts";
import { resolveIntents } from "./intents.ts";
import { createInteractionRouter } from "./interactions/router.ts";
import { createMessages } from "./messages.ts";
import { connectFailure } from "./request-failure.ts";
import { createSession, type Session } from "./session.ts";
import { createVoiceSignaling } from "./voice-signaling.ts";
import { createVoiceStates } from "./voice-states.ts";

const DEFAULT_GUILD_TIMEOUT_MS = 5_000;

/** What a client is composed of, defaults filled in. */
type Parts = ReturnType<typeof createParts>;

function readToken(options: ClientOptions): Secret | undefined {
  const { token } = options;
  const secret = typeof token === "string" ? createSecret(token.trim().replace(/^Bot\s+/i, "")) : token;
  if (secret !== undefined && secret.reveal() !== "") return secret;
  if (options.gateway !== undefined && options.rest !== undefined) return undefined;
  throw new CoreError(
    "CORE_TOKEN_MISSING",
    "createClient: there is no token. Pass `token`, or both `gateway` and `rest`.",
  );
}

function isInteraction(data: unknown): data is APIInteraction {
  if (typeof data !== "object" || data === null) return false;
  const { id, token, type } = data as Readonly<Record<string, unknown>>;
  return typeof id === "string" && typeof token === "string" && typeof type === "number";
}

function createParts(options: ClientOptions) {
  const { logger = silentLogger, clock = systemClock, random = systemRandom } = options;
  const intents = resolveIntents(options.intents);
  const token = readToken(options);
  const ownRest: Rest | undefined =
    options.rest === undefined ? createRest({ token, api: options.api, clock, random, logger }) : undefined;
  const rest: RestTransport = options.rest ?? (ownRest as Rest);
  const emitter = createEmitter<ClientEvent>({
    onListenerError: (error, type) => logger.error("client: a listener failed", { type, error: describeError(error) }),
  });
  const identity = createIdentity(rest);
  const router = createInteractionRouter({
    ...options.interactions,
    rest,
    clock,
    random,
    logger,
    applicationId: () => identity.applicationId,
    onError: (event) => emitter.emit(event),
  });
  const cache = createCache({ ...options.cache, logger });
  const readiness = createGuildReadiness(clock);
  return {
    client: options,
    logger,
    clock,
    random,
    intents,
    token,
    ownRest,
    rest,
    emitter,
    identity,
    router,
    cache,
    readiness,
  };
}

/** Passes each dispatch on: first to what keeps state, then to the listeners, then to the handlers. */
function createDispatcher(
  parts: Parts,
  feeds: readonly { feed(dispatch: Dispatch): void }[],
): (dispatch: Dispatch) => void {
  const { cache, emitter, router, logger } = parts;
  const emit = (dispatch: Dispatch) => {
    if (emitter.listenerCount("raw") > 0) emitter.emit({ type: "raw", dispatch });
    const event = toGatewayEvent(dispatch);
    if (event !== undefined) emitter.emit(event);
    else emitter.emit({ type: "unknownDispatch", name: dispatch.type, data: dispatch.data, shardId: dispatch.shardId });
  };
  return (dispatch) => {
    cache.apply(dispatch.type, dispatch.data);
    try {
      for (const { feed } of feeds) feed(dispatch);
    } catch (error) {
      logger.warn("client: a dispatch was not as documented", { type: dispatch.type, error: describeError(error) });
    }
    emit(dispatch);
    if (dispatch.type !== "INTERACTION_CREATE") return;
    if (isInteraction(dispatch.data)) void router.handle(dispatch.data);
    else logger.warn("client: an interaction without id, token or type was left out");
  };
}

function createVoice(parts: Parts, session: () => Session) {
  return createVoiceSignaling({
    userId: () => parts.identity.user.id as UserId,
    async send(guildId, command) {
      const { source } = session();
      if (source === undefined)
        throw new CoreError("CORE_NOT_READY", "updateVoiceState(): the client is not connected.");
      await source.send(guildId, command);
    },
  });
}

/**
 * Builds a client; nothing is sent before `connect`.
 *
 * @throws {@link CoreError} `CORE_TOKEN_MISSING`, `CORE_UNKNOWN_INTENT`
 */
export function createClient(options: ClientOptions): Client {
  const parts = createParts(options);
  const { emitter, identity, readiness, router, cache, rest } = parts;
  const voiceSignaling = createVoice(parts, () => session);
  const onFatal = (error: unknown) => {
    // While connecting, connect() itself rejects with it.
    if (session.state !== "connected") return;
    void session.disconnect(false);
    emitter.emit({ type: "connectionFailed", error: connectFailure(error) });
  };
  const session = createSession({
    openConnection: createConnector({ ...parts, onFatal }),
    onDispatch: createDispatcher(parts, [identity, readiness, voiceSignaling]),
    async onConnected(signal) {
      await identity.fetch(signal);
      if (options.intents.includes("guilds"))
        await readiness.wait(options.guildTimeoutMs ?? DEFAULT_GUILD_TIMEOUT_MS, signal);
    },
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    router.close();
    await session.close();
    await parts.ownRest?.close();
    emitter.close();
    cache.clear();
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
    commands: router.commands,
    components: router.components,
    modals: router.modals,
    messages: createMessages(rest),
    voiceStates: createVoiceStates(cache),
    voiceSignaling,
    use: router.use,
    connect: session.connect,
    disconnect: () => session.disconnect(false),
    async reconnect(wait) {
      await session.disconnect(true);
      await session.connect(wait);
    },
    close: () => (closing ??= close()),
    waitFor: (type, filter, { signal } = {}) =>
      waitFor<ClientEvent, typeof type>(client, type, { ...(filter !== undefined && { filter }), signal }),
    ...createCachedFetches(cache, rest),
    [Symbol.asyncDispose]: () => client.close(),
  };
  return client;
}
