import {
  ApplicationCommandType,
  type APIApplicationCommandAutocompleteInteraction,
  type APIApplicationCommandInteraction,
  type APIChatInputApplicationCommandInteraction,
  type APIMessageApplicationCommandInteraction,
  type APIPrimaryEntryPointCommandInteraction,
  type APIUserApplicationCommandInteraction,
} from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";
import type { CommandHandler, CommandInput } from "./command.ts";
import type { CommandRegistry } from "./command-registry.ts";
import { interactionContext, interactionDetails, isInGuild, type InteractionContext } from "./context.ts";
import type { MessageCommand, UserCommand } from "./context-menu-command.ts";
import type { EntryPointCommand } from "./entry-point-command.ts";
import { commandPath, pickUser } from "./parse-options.ts";
import type { Responder } from "./responder.ts";
import { route, type Route, type RouteTarget } from "./route-target.ts";

interface FoundCommand {
  readonly handler: CommandHandler;
  readonly guildOnly: boolean;
  readonly input: CommandInput;
}

function malformed(name: string, problem: string): CoreError {
  return new CoreError("CORE_INTERACTION_MALFORMED", `${name} ${problem}. Register the commands again.`);
}

function findSlashCommand(
  interaction: APIChatInputApplicationCommandInteraction | APIApplicationCommandAutocompleteInteraction,
  commands: CommandRegistry,
): FoundCommand | undefined {
  const { name, options, resolved } = interaction.data;
  const command = commands.find(ApplicationCommandType.ChatInput, name);
  const found = commandPath(options);
  const handler = command?.handlers.get(found.path);
  if (command === undefined || handler === undefined) return undefined;
  const commandName = found.path === "" ? name : `${name} ${found.path}`;
  return { handler, guildOnly: command.guildOnly, input: { commandName, options: found.options, resolved } };
}

/** A target whose context is only built where the command may be used. */
function target(
  interaction: APIApplicationCommandInteraction,
  command: { readonly ephemeral: boolean; readonly guildOnly: boolean },
  enter: (base: InteractionContext, responder: Responder) => Route,
): RouteTarget {
  return {
    ephemeral: command.ephemeral,
    enter(responder, signal) {
      const base = interactionContext(interactionDetails(interaction, signal), responder);
      if (command.guildOnly && !isInGuild(base))
        throw malformed(`The command "${interaction.data.name}"`, "is only for guilds but came from elsewhere");
      return enter(base, responder);
    },
  };
}

function slashTarget(
  interaction: APIChatInputApplicationCommandInteraction,
  { handler, guildOnly, input }: FoundCommand,
): RouteTarget {
  return target(interaction, { ephemeral: handler.ephemeral, guildOnly }, (base, responder) =>
    route(handler.context(base, responder, input), handler.execute),
  );
}

function userTarget(interaction: APIUserApplicationCommandInteraction, command: UserCommand): RouteTarget {
  const { name, target_id: targetId, resolved } = interaction.data;
  return target(interaction, command, (base, { showModal, launchActivity }) => {
    const picked = pickUser(targetId, resolved);
    if (picked === undefined) throw malformed(`The command "${name}"`, "came without its user");
    const own = { kind: "userCommand" as const, commandName: name, target: picked, showModal, launchActivity };
    return route({ ...base, ...own }, command.execute);
  });
}

function messageTarget(interaction: APIMessageApplicationCommandInteraction, command: MessageCommand): RouteTarget {
  const { name, target_id: targetId, resolved } = interaction.data;
  return target(interaction, command, (base, { showModal, launchActivity }) => {
    const message = resolved.messages[targetId];
    if (message === undefined) throw malformed(`The command "${name}"`, "came without its message");
    const own = { kind: "messageCommand" as const, commandName: name, target: message, showModal, launchActivity };
    return route({ ...base, ...own }, command.execute);
  });
}

function entryPointTarget(
  interaction: APIPrimaryEntryPointCommandInteraction,
  command: EntryPointCommand,
): RouteTarget | undefined {
  const { execute } = command;
  if (execute === undefined) return undefined;
  return target(interaction, command, (base, { launchActivity }) => {
    const own = { kind: "entryPoint" as const, commandName: interaction.data.name, launchActivity };
    return route({ ...base, ...own }, execute);
  });
}

/** The handler of a command of any type, or undefined when nobody handles it. */
export function commandTarget(
  interaction: APIApplicationCommandInteraction,
  commands: CommandRegistry,
): RouteTarget | undefined {
  const { data } = interaction;
  switch (data.type) {
    case ApplicationCommandType.ChatInput: {
      const slash = interaction as APIChatInputApplicationCommandInteraction;
      const found = findSlashCommand(slash, commands);
      return found && slashTarget(slash, found);
    }
    case ApplicationCommandType.User: {
      const command = commands.find(data.type, data.name);
      return command && userTarget(interaction as APIUserApplicationCommandInteraction, command);
    }
    case ApplicationCommandType.Message: {
      const command = commands.find(data.type, data.name);
      return command && messageTarget(interaction as APIMessageApplicationCommandInteraction, command);
    }
    case ApplicationCommandType.PrimaryEntryPoint: {
      const command = commands.find(data.type, data.name);
      return command && entryPointTarget(interaction as APIPrimaryEntryPointCommandInteraction, command);
    }
    default:
      return undefined;
  }
}

/** The handler of an autocompletion, or undefined when nobody handles it. */
export function autocompleteTarget(
  interaction: APIApplicationCommandAutocompleteInteraction,
  commands: CommandRegistry,
): RouteTarget | undefined {
  const found = findSlashCommand(interaction, commands);
  if (found === undefined) return undefined;
  const { handler, input } = found;
  return {
    ephemeral: false,
    enter: (responder, signal) =>
      route(
        handler.autocompleteContext(interactionDetails(interaction, signal), responder, input),
        handler.autocomplete,
      ),
  };
}
