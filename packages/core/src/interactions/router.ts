import type { RestTransport, Snowflake } from "@antiphon/protocol/discord";
import { describeError, type Clock, type Logger, type Random } from "@antiphon/std";
import { InteractionType, type APIInteraction } from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";
import { checkOption } from "../option-error.ts";
import { createCommandRegistry, type Commands } from "./command-registry.ts";
import { callbackDelivery, type InteractionDelivery } from "./delivery.ts";
import { createPatternRegistry, type PatternHandlers } from "./component.ts";
import type { Middleware } from "./middleware.ts";
import { createResponder, type ReplyInput, type Responder } from "./responder.ts";
import { findRoute } from "./route.ts";
import type { Route, RouteTarget } from "./route-target.ts";

/** A handler failed; the user got an apology that carries the id. */
export interface InteractionErrorEvent {
  readonly type: "interactionError";
  /** Six characters that the user sees, too. */
  readonly id: string;
  readonly error: unknown;
  readonly interaction: APIInteraction;
}

/** How interactions are treated. */
export interface InteractionOptions {
  /** After how long an unanswered interaction is deferred, in milliseconds; Discord allows 3,000. Defaults to 2,000; 0 switches it off. */
  readonly autoDeferAfterMs?: number | undefined;
  /** What the user is told when a handler failed. Defaults to a sentence with the id. */
  readonly apology?: ((error: unknown, id: string) => ReplyInput) | undefined;
}

/** Options of {@link createInteractionRouter}. */
export interface InteractionRouterOptions extends InteractionOptions {
  readonly rest: RestTransport;
  /** The own application's id, for the registration of commands. @throws while it is not known */
  readonly applicationId: (signal: AbortSignal | undefined) => Snowflake | Promise<Snowflake>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onError: (event: InteractionErrorEvent) => void;
}

/** What became of an interaction: a handler ran, there was none, it had come before, or the client is closed. */
export type InteractionOutcome = "handled" | "unhandled" | "duplicate" | "closed";

/** What a router has done so far. */
export interface InteractionStats {
  /** Interactions whose handler has ended. */
  readonly handled: number;
  /** Of them, those whose handler failed. */
  readonly failed: number;
  /** Interactions under way. */
  readonly pending: number;
  /** Interactions that nobody handles. */
  readonly unhandled: number;
  /** Interactions that Discord delivered again. */
  readonly duplicates: number;
  /** Interactions that the client deferred because no answer came in time. */
  readonly deferredAutomatically: number;
}

/** What takes interactions, wherever they come from. */
export interface InteractionHandler {
  /** Over which answers are sent. */
  readonly rest: RestTransport;
  /** Handles an interaction to its end; never rejects. The answers take the callback route unless told otherwise. */
  handle(interaction: APIInteraction, delivery?: InteractionDelivery): Promise<InteractionOutcome>;
}

/** Sends each interaction to exactly one handler. */
export interface InteractionRouter extends InteractionHandler {
  readonly commands: Commands;
  readonly components: PatternHandlers<"component">;
  readonly modals: PatternHandlers<"modal">;
  /** Adds a middleware around every handler. */
  use(middleware: Middleware): void;
  stats(): InteractionStats;
  /** Aborts the contexts' signals and forgets all handlers; idempotent. */
  close(): void;
}

const DEFAULT_AUTO_DEFER_MS = 2_000;
/** Discord may deliver an event more than once; this many ids are remembered. */
const REMEMBERED_INTERACTIONS = 1_000;
/** Without those that look like others. */
const ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789".split("");

function defaultApology(_error: unknown, id: string): ReplyInput {
  return { content: `Sorry, something went wrong here. If you report it, name the code \`${id}\`.`, ephemeral: true };
}

function createDuplicateFilter(limit: number): (id: string) => boolean {
  const seen = new Set<string>();
  return (id) => {
    if (seen.has(id)) return true;
    seen.add(id);
    const oldest = seen.values().next();
    if (seen.size > limit && oldest.done !== true) seen.delete(oldest.value);
    return false;
  };
}

/** Builds the router; no I/O. */
export function createInteractionRouter(options: InteractionRouterOptions): InteractionRouter {
  const { rest, clock, random, logger, onError, apology = defaultApology } = options;
  const autoDeferAfterMs = options.autoDeferAfterMs ?? DEFAULT_AUTO_DEFER_MS;
  checkOption("interactions", "autoDeferAfterMs", autoDeferAfterMs, 0);
  const commands = createCommandRegistry({ rest, applicationId: options.applicationId });
  const components = createPatternRegistry<"component">();
  const modals = createPatternRegistry<"modal">();
  const middlewares: Middleware[] = [];
  const closing = new AbortController();
  const isDuplicate = createDuplicateFilter(REMEMBERED_INTERACTIONS);
  const counts = { handled: 0, failed: 0, pending: 0, unhandled: 0, duplicates: 0, deferredAutomatically: 0 };
  const newErrorId = () => Array.from({ length: 6 }, () => random.pick(ID_LETTERS)).join("");

  const apologise = async (responder: Responder, error: unknown, id: string) => {
    const text = apology(error, id);
    try {
      await responder.reply(text);
    } catch (replyError) {
      if (!(replyError instanceof CoreError && replyError.code === "CORE_INTERACTION_ALREADY_ANSWERED"))
        throw replyError;
      await responder.followUp(text);
    }
  };
  const fail = async (interaction: APIInteraction, responder: Responder, error: unknown) => {
    const id = newErrorId();
    counts.failed++;
    logger.error("interactions: a handler failed", { id, interaction: interaction.id, error: describeError(error) });
    onError({ type: "interactionError", id, error, interaction });
    const completes = interaction.type === InteractionType.ApplicationCommandAutocomplete;
    const answer = completes ? responder.respond([]) : apologise(responder, error, id);
    await answer.catch((cause: unknown) => {
      logger.warn("interactions: the apology could not be sent", { id, error: describeError(cause) });
    });
  };
  const settle = async (route: Route, responder: Responder) => {
    if (await responder.isAnswered()) return;
    if (route.context.kind === "component") await responder.deferUpdate();
    else if (route.context.kind === "autocomplete") await responder.respond([]);
    else
      throw new CoreError(
        "CORE_INTERACTION_UNANSWERED",
        "The handler ended without an answer. Await reply() or defer() in it.",
      );
  };
  const defer = async (responder: Responder, interaction: APIInteraction) => {
    try {
      if (await responder.deferAutomatically()) counts.deferredAutomatically++;
    } catch (error) {
      const problem = { interaction: interaction.id, error: describeError(error) };
      logger.warn("interactions: the automatic deferral failed", problem);
    }
  };
  const watch = (responder: Responder, interaction: APIInteraction): Disposable =>
    autoDeferAfterMs > 0
      ? clock.setTimer(autoDeferAfterMs, () => void defer(responder, interaction), { keepAlive: false })
      : { [Symbol.dispose]() {} };

  /** The handler; for a payload that is not as documented, one that says so. */
  const findTarget = (interaction: APIInteraction): RouteTarget | undefined => {
    try {
      return findRoute(interaction, { commands, components, modals });
    } catch (cause) {
      const message = `Interaction ${interaction.id} is not as documented: ${describeError(cause)}`;
      const error = new CoreError("CORE_INTERACTION_MALFORMED", message, { cause });
      return {
        ephemeral: true,
        enter() {
          throw error;
        },
      };
    }
  };

  return {
    rest,
    commands,
    components,
    modals,
    use: (middleware) => void middlewares.push(middleware),
    async handle(interaction, delivery = callbackDelivery(rest, interaction)) {
      if (closing.signal.aborted) return "closed";
      if (isDuplicate(interaction.id)) {
        counts.duplicates++;
        return "duplicate";
      }
      const target = findTarget(interaction);
      if (target === undefined) {
        logger.debug("interactions: no handler", { interaction: interaction.id, type: interaction.type });
        counts.unhandled++;
        return "unhandled";
      }
      const responder = createResponder({ delivery, interaction, deferEphemeral: target.ephemeral });
      using _watchdog = watch(responder, interaction);
      counts.pending++;
      try {
        const route = target.enter(responder, closing.signal);
        await route.run(middlewares);
        await settle(route, responder);
      } catch (error) {
        await fail(interaction, responder, error);
      } finally {
        counts.pending--;
        counts.handled++;
      }
      return "handled";
    },
    stats: () => ({ ...counts }),
    close() {
      closing.abort(new CoreError("CORE_CLOSED", "The client was closed."));
      for (const registry of [commands, components, modals]) registry.clear();
    },
  };
}
