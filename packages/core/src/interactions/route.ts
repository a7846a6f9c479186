import {
  InteractionType,
  type APIInteraction,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
} from "discord-api-types/v10";
import { autocompleteTarget, commandTarget } from "./command-target.ts";
import type { CommandRegistry } from "./command-registry.ts";
import type { PatternMatch, PatternRegistry } from "./component.ts";
import { interactionContext, interactionDetails } from "./context.ts";
import { modalFields } from "./modal-fields.ts";
import { route, type RouteTarget } from "./route-target.ts";

/** Where handlers are looked up. */
export interface Registries {
  readonly commands: CommandRegistry;
  readonly components: PatternRegistry<"component">;
  readonly modals: PatternRegistry<"modal">;
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
      const { update, deferUpdate, showModal, launchActivity } = responder;
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
      return route({ ...context, update, deferUpdate, showModal, launchActivity }, handler);
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
      const { update, deferUpdate, launchActivity } = responder;
      return route({ ...context, update, deferUpdate, launchActivity }, handler);
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
    case InteractionType.ApplicationCommand:
      return commandTarget(interaction, commands);
    case InteractionType.ApplicationCommandAutocomplete:
      return autocompleteTarget(interaction, commands);
    case InteractionType.MessageComponent:
      return targetOf(components.find(interaction.data.custom_id), (match) => componentTarget(interaction, match));
    case InteractionType.ModalSubmit:
      return targetOf(modals.find(interaction.data.custom_id), (match) => modalTarget(interaction, match));
    default:
      return undefined;
  }
}
