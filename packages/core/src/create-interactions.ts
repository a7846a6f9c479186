import type { ApplicationId, RestTransport } from "@antiphon/protocol/discord";
import { createRest, type Rest } from "@antiphon/rest";
import {
  createEmitter,
  describeError,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
  type Secret,
} from "@antiphon/std";
import type { APIApplication } from "discord-api-types/v10";
import type { ErrorHandler } from "./errors/error-handler.ts";
import { createErrorReporter } from "./errors/report-error.ts";
import { warnAboutHandler } from "./errors/warn-about-handler.ts";
import { interactionPlace } from "./interactions/context.ts";
import {
  createInteractionRouter,
  type InteractionErrorEvent,
  type InteractionOptions,
  type InteractionRouter,
} from "./interactions/router.ts";
import { createMessages, type Messages } from "./messages.ts";
import { readToken } from "./read-token.ts";

/** Options of {@link createInteractions}. */
export interface InteractionsOptions extends InteractionOptions {
  /** The bot token; needed only to register commands and for other requests, not to answer. */
  readonly token?: string | Secret | undefined;
  /** The application's id. Defaults to asking Discord when commands are registered. */
  readonly applicationId?: string | undefined;
  /** The root of the HTTP API without its version. Defaults to `https://discord.com/api`. */
  readonly api?: string | undefined;
  /** How requests are sent. Defaults to a transport of its own. */
  readonly rest?: RestTransport | undefined;
  /** Told about every failure of a handler, with guild, channel and user. Defaults to nobody. */
  readonly errorHandler?: Pick<ErrorHandler, "handle"> | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** The interactions of a bot without a gateway: the same commands, components and modals as a client's. */
export interface Interactions
  extends Omit<InteractionRouter, "close">, EventSource<InteractionErrorEvent>, AsyncDisposable {
  readonly messages: Messages;
  /** Aborts the contexts' signals, and forgets all handlers and listeners; idempotent. A `rest` that was passed in stays open. */
  close(): Promise<void>;
}

/** Asks for the application's id once, at the first need; a failure is not remembered. */
function createApplicationId(rest: RestTransport, known: string | undefined) {
  let applicationId = known;
  return async (signal: AbortSignal | undefined) => {
    applicationId ??= (await rest.request<APIApplication>("GET", "/applications/@me", { signal })).id;
    return applicationId as ApplicationId;
  };
}

/**
 * Builds what {@link createInteractionEndpoint} serves when there is no client; no I/O.
 *
 * @throws {@link CoreError} `CORE_OPTION_INVALID`
 */
export function createInteractions(options: InteractionsOptions = {}): Interactions {
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const token = readToken(options.token);
  const ownRest =
    options.rest === undefined ? createRest({ token, api: options.api, clock, random, logger }) : undefined;
  const rest: RestTransport = options.rest ?? (ownRest as Rest);
  const report = createErrorReporter(options.errorHandler, logger);
  const isSilent = options.logger === undefined && options.errorHandler === undefined;
  const onListenerError = (error: unknown, type: string) =>
    logger.error("a listener failed", { type, error: describeError(error) });
  const emitter = createEmitter<InteractionErrorEvent>(isSilent ? {} : { onListenerError });
  const { close: closeRouter, ...router } = createInteractionRouter({
    autoDeferAfterMs: options.autoDeferAfterMs,
    apology: options.apology,
    rest,
    clock,
    random,
    logger,
    applicationId: createApplicationId(rest, options.applicationId),
    onError(event) {
      report(event.error, interactionPlace(event.interaction));
      if (isSilent && emitter.listenerCount(event.type) === 0) warnAboutHandler(event.error);
      emitter.emit(event);
    },
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    closeRouter();
    await ownRest?.close();
    emitter.close();
  };
  const interactions: Interactions = {
    ...router,
    on: emitter.on,
    events: emitter.events,
    messages: createMessages(rest),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => interactions.close(),
  };
  return interactions;
}
