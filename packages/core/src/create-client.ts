import type { ApplicationId, Dispatch, GuildId, RestTransport, UserId } from "@antiphon/protocol/discord";
import { createRest } from "@antiphon/rest";
import {
  createEmitter,
  createSecret,
  describeError,
  silentLogger,
  systemClock,
  systemRandom,
  waitFor,
  withSignal,
  type Secret,
} from "@antiphon/std";
import type { APIApplication, APIChannel, APIGuild, APIInteraction, APIUser } from "discord-api-types/v10";
import { createCache } from "./cache/cache.ts";
import type { CachedGuild } from "./cache/cache-collections.ts";
import type { Client, ClientEvent, ClientState, ClientWaitOptions } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import { createConnector, type Connection } from "./connection.ts";
import { CoreError } from "./core-error.ts";
import { toGatewayEvent, type DispatchData } from "./gateway-event.ts";
import { createGuildReadiness } from "./guild-readiness.ts";
import { resolveIntents } from "./intents.ts";
import { createInteractionRouter } from "./interactions/router.ts";
import { createMessages } from "./messages.ts";
import { connectFailure, fetchFailure } from "./request-failure.ts";
import { createVoiceSignaling } from "./voice-signaling.ts";
import { createVoiceStates } from "./voice-states.ts";

const DEFAULT_GUILD_TIMEOUT_MS = 5_000;

interface Identity {
  user: APIUser;
  applicationId: ApplicationId;
}

function readToken(options: ClientOptions): Secret | undefined {
  const { token } = options;
  const secret = typeof token === "string" ? createSecret(token.trim().replace(/^Bot\s+/i, "")) : token;
  if (secret !== undefined && secret.reveal() !== "") return secret;
  if (options.gateway !== undefined && options.rest !== undefined) return undefined;
  throw new CoreError("CORE_TOKEN_MISSING", "createClient: there is no token. Pass `token`, or both `gateway` and `rest`.");
}

function isInteraction(data: unknown): data is APIInteraction {
  if (typeof data !== "object" || data === null) return false;
  const { id, token, type } = data as Readonly<Record<string, unknown>>;
  return typeof id === "string" && typeof token === "string" && typeof type === "number";
}

function notReady(what: string): CoreError {
  return new CoreError("CORE_NOT_READY", `${what} is not known before connect() has resolved.`);
}

/**
 * Builds a client; nothing is sent before `connect`.
 *
 * @throws {@link CoreError} `CORE_TOKEN_MISSING`, `CORE_UNKNOWN_INTENT`
 */
export function createClient(options: ClientOptions): Client {
  const { logger = silentLogger, clock = systemClock, random = systemRandom } = options;
  const intents = resolveIntents(options.intents);
  const token = readToken(options);
  const ownRest = options.rest === undefined ? createRest({ token, api: options.api, clock, random, logger }) : undefined;
  const rest = options.rest ?? (ownRest as RestTransport);
  const cache = createCache({ ...options.cache, logger });
  const emitter = createEmitter<ClientEvent>({
    onListenerError: (error, type) => logger.error("client: a listener failed", { type, error: describeError(error) }),
  });
  const readiness = createGuildReadiness(clock);
  let state: ClientState = "idle";
  let identity: Identity | undefined;
  let connection: Connection | undefined;
  let subscription: Disposable | undefined;
  let connecting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const applicationId = () => {
    if (identity === undefined) throw notReady("The application's id");
    return identity.applicationId;
  };
  const currentUser = () => {
    if (identity === undefined) throw notReady("The bot's user");
    return identity.user;
  };
  const source = () => {
    if (connection === undefined) throw notReady("The connection");
    return connection.source;
  };
  const router = createInteractionRouter({
    ...options.interactions,
    ...{ rest, clock, random, logger, applicationId },
    onError: (event) => emitter.emit(event),
  });
  const voiceSignaling = createVoiceSignaling({
    userId: () => currentUser().id as UserId,
    send: async (guildId: GuildId, command) => source().send(guildId, command),
  });

  const identify = ({ type, data }: Dispatch) => {
    if (type === "READY") {
      const ready = data as DispatchData<"READY">;
      identity = { user: ready.user, applicationId: ready.application.id as ApplicationId };
    } else if (type === "USER_UPDATE" && identity !== undefined) identity.user = data as APIUser;
  };
  const emit = (dispatch: Dispatch) => {
    if (emitter.listenerCount("raw") > 0) emitter.emit({ type: "raw", dispatch });
    const event = toGatewayEvent(dispatch);
    if (event !== undefined) emitter.emit(event);
    else emitter.emit({ type: "unknownDispatch", name: dispatch.type, data: dispatch.data, shardId: dispatch.shardId });
  };
  const onDispatch = (dispatch: Dispatch) => {
    cache.apply(dispatch.type, dispatch.data);
    try {
      identify(dispatch);
      readiness.feed(dispatch);
      voiceSignaling.feed(dispatch);
    } catch (error) {
      logger.warn("client: a dispatch was not as documented", { type: dispatch.type, error: describeError(error) });
    }
    emit(dispatch);
    if (dispatch.type !== "INTERACTION_CREATE") return;
    if (isInteraction(dispatch.data)) void router.handle(dispatch.data);
    else logger.warn("client: an interaction without id, token or type was left out");
  };

  /** A source that was open before us has sent its READY to somebody else. */
  const fetchIdentity = async (signal: AbortSignal | undefined) => {
    if (identity !== undefined) return;
    const [user, application] = await Promise.all([
      rest.request<APIUser>("GET", "/users/@me", { signal }),
      rest.request<APIApplication>("GET", "/applications/@me", { signal }),
    ]);
    identity = { user, applicationId: application.id as ApplicationId };
  };

  const hangUp = async (keepSession: boolean) => {
    const ending = connection;
    connection = undefined;
    if (state !== "closed") state = "idle";
    await ending?.close({ keepSession });
    subscription?.[Symbol.dispose]();
    subscription = undefined;
  };
  const onFatal = (error: unknown) => {
    if (state !== "connected") return;
    void hangUp(false);
    emitter.emit({ type: "connectionFailed", error: connectFailure(error) });
  };
  const openConnection = createConnector({ ...{ client: options, token, intents, rest, clock, random, logger }, onFatal });

  const open = async (signal: AbortSignal | undefined) => {
    state = "connecting";
    const opened = openConnection();
    connection = opened;
    subscription = opened.source.subscribe(onDispatch);
    try {
      await withSignal(opened.source.connect({ signal }), signal);
      await fetchIdentity(signal);
      if (options.intents.includes("guilds")) await readiness.wait(options.guildTimeoutMs ?? DEFAULT_GUILD_TIMEOUT_MS, signal);
      if (connection !== opened) throw new CoreError("CORE_CLOSED", "connect(): the client was disconnected meanwhile.");
      state = "connected";
    } catch (error) {
      if (connection === opened) await hangUp(false);
      throw signal?.aborted === true ? error : connectFailure(error);
    }
  };
  const connect = ({ signal }: ClientWaitOptions = {}): Promise<void> => {
    if (state === "closed") return Promise.reject(new CoreError("CORE_CLOSED", "connect(): the client is closed; create a new one."));
    if (state === "connected") return Promise.resolve();
    connecting ??= open(signal).finally(() => (connecting = undefined));
    return withSignal(connecting, signal);
  };

  const getGuild = async (guildId: string, { signal }: ClientWaitOptions = {}): Promise<CachedGuild> => {
    const known = cache.guilds.get(guildId);
    if (known !== undefined) return known;
    try {
      const guild = await rest.request<APIGuild>("GET", `/guilds/${guildId}`, { query: { with_counts: true }, signal });
      cache.apply("GUILD_UPDATE", guild);
      return guild;
    } catch (error) {
      throw signal?.aborted === true ? error : fetchFailure(error, `guild ${guildId}`, "CORE_GUILD_NOT_FOUND");
    }
  };
  const getChannel = async (channelId: string, { signal }: ClientWaitOptions = {}): Promise<APIChannel> => {
    const known = cache.channels.get(channelId);
    if (known !== undefined) return known;
    try {
      const channel = await rest.request<APIChannel>("GET", `/channels/${channelId}`, { signal });
      cache.apply("CHANNEL_UPDATE", channel);
      return channel;
    } catch (error) {
      throw signal?.aborted === true ? error : fetchFailure(error, `channel ${channelId}`, "CORE_CHANNEL_NOT_FOUND");
    }
  };

  const close = async () => {
    state = "closed";
    router.close();
    await hangUp(false);
    await ownRest?.close();
    emitter.close();
    cache.clear();
  };

  const client: Client = {
    on: emitter.on,
    events: emitter.events,
    get state() {
      return state;
    },
    get user() {
      return currentUser();
    },
    get applicationId() {
      return applicationId();
    },
    get latencyMs() {
      return connection?.source.latencyMs;
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
    connect,
    disconnect: () => hangUp(false),
    async reconnect(wait) {
      await hangUp(true);
      await connect(wait);
    },
    close: () => (closing ??= close()),
    waitFor: (type, filter, { signal } = {}) => waitFor<ClientEvent, typeof type>(client, type, { ...(filter !== undefined && { filter }), signal }),
    getGuild,
    getChannel,
    [Symbol.asyncDispose]: () => client.close(),
  };
  return client;
}
