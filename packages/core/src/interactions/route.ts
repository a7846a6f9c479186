import {
  ApplicationCommandType,
  InteractionType,
  type APIApplicationCommandAutocompleteInteraction,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
} from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";
import type { CommandHandler, CommandInput } from "./command.ts";
import type { CommandRegistry } from "./command-registry.ts";
import type { PatternMatch, PatternRegistry } from "./component.ts";
import { interactionContext, interactionDetails, isInGuild } from "./context.ts";
import { runMiddlewares, type AnyInteractionContext, type Middleware } from "./middleware.ts";
import { modalFields } from "./modal-fields.ts";
import { commandPath } from "./parse-options.ts";
import type { Responder } from "./responder.ts";

/** An interaction with its context built, ready to run. */
export interface Route {
  readonly context: AnyInteractionContext;
  run(middlewares: readonly Middleware[]): Promise<void>;
}

/** The handler that was found for an interaction. */
export interface RouteTarget {
  /** Whether an automatic deferral is seen by the user alone. */
  readonly ephemeral: boolean;
  /** Builds the context. @throws {@link CoreError} `CORE_INTERACTION_MALFORMED` */
  enter(responder: Responder, signal: AbortSignal): Route;
}

/** Where handlers are looked up. */
export interface Registries {
  readonly commands: CommandRegistry;
  readonly components: PatternRegistry<"component">;
  readonly modals: PatternRegistry<"modal">;
}

function route<Context extends AnyInteractionContext>(
  context: Context,
  handler: (context: Context) => Promise<void> | void,
): Route {
  return { context, run: (middlewares) => runMiddlewares(middlewares, context, () => handler(context)) };
}

interface FoundCommand {
  readonly handler: CommandHandler;
  readonly guildOnly: boolean;
  readonly input: CommandInput;
}

function findCommand(
  interaction: APIChatInputApplicationCommandInteraction | APIApplicationCommandAutocompleteInteraction,
  commands: CommandRegistry,
): FoundCommand | undefined {
  const { name, options, resolved } = interaction.data;
  const command = commands.find(name);
  const found = commandPath(options);
  const handler = command?.handlers.get(found.path);
  if (command === undefined || handler === undefined) return undefined;
  const commandName = found.path === "" ? name : `${name} ${found.path}`;
  return { handler, guildOnly: command.guildOnly, input: { commandName, options: found.options, resolved } };
}

function commandTarget(
  interaction: APIChatInputApplicationCommandInteraction,
  { handler, guildOnly, input }: FoundCommand,
): RouteTarget {
  return {
    ephemeral: handler.ephemeral,
    enter(responder, signal) {
      const base = interactionContext(interactionDetails(interaction, signal), responder);
      if (guildOnly && !isInGuild(base)) {
        throw new CoreError(
          "CORE_INTERACTION_MALFORMED",
          `/${input.commandName} is only for guilds but came from elsewhere. Register the commands again.`,
        );
      }
      return route(handler.context(base, responder, input), handler.execute);
    },
  };
}

function autocompleteTarget(
  interaction: APIApplicationCommandAutocompleteInteraction,
  { handler, input }: FoundCommand,
): RouteTarget {
  return {
    ephemeral: false,
    enter: (responder, signal) =>
      route(
        handler.autocompleteContext(interactionDetails(interaction, signal), responder, input),
        handler.autocomplete,
      ),
  };
}

function componentTarget(
  interaction: APIMessageComponentInteraction,
  { handler, parameters }: PatternMatch<"component">,
): RouteTarget {
  const { data, message } = interaction;
  return {
    ephemeral: false,
    enter(responder, signal) {
      const base = interactionContext(interactionDetails(interaction, signal), responder);
      const { update, deferUpdate, showModal } = responder;
      const values = "values" in data ? data.values : [];
      const resolved = "resolved" in data ? data.resolved : {};
      const context = {
        ...base,
        kind: "component" as const,
        customId: data.custom_id,
        parameters,
        values,
        resolved,
        message,
      };
      return route({ ...context, update, deferUpdate, showModal }, handler);
    },
  };
}

function modalTarget(
  interaction: APIModalSubmitInteraction,
  { handler, parameters }: PatternMatch<"modal">,
): RouteTarget {
  const { data } = interaction;
  return {
    ephemeral: false,
    enter(responder, signal) {
      const base = interactionContext(interactionDetails(interaction, signal), responder);
      const fields = modalFields(data.components);
      const context = {
        ...base,
        kind: "modal" as const,
        customId: data.custom_id,
        parameters,
        fields,
        resolved: data.resolved ?? {},
      };
      return route({ ...context, update: responder.update }, handler);
    },
  };
}

function targetOf<Found>(match: Found | undefined, target: (match: Found) => RouteTarget): RouteTarget | undefined {
  return match === undefined ? undefined : target(match);
}

/** The handler for an interaction, or undefined when nobody handles it. */
export function findRoute(
  interaction: APIInteraction,
  { commands, components, modals }: Registries,
): RouteTarget | undefined {
  switch (interaction.type) {
    case InteractionType.ApplicationCommand: {
      if (interaction.data.type !== ApplicationCommandType.ChatInput) return undefined;
      const command = interaction as APIChatInputApplicationCommandInteraction;
      return targetOf(findCommand(command, commands), (match) => commandTarget(command, match));
    }
    case InteractionType.ApplicationCommandAutocomplete:
      return targetOf(findCommand(interaction, commands), (match) => autocompleteTarget(interaction, match));
    case InteractionType.MessageComponent:
      return targetOf(components.find(interaction.data.custom_id), (match) => componentTarget(interaction, match));
    case InteractionType.ModalSubmit:
      return targetOf(modals.find(interaction.data.custom_id), (match) => modalTarget(interaction, match));
    default:
      return undefined;
  }
}
