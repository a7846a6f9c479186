import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandInteractionDataBasicOption,
  type APIApplicationCommandSubcommandGroupOption,
  type APIApplicationCommandSubcommandOption,
  type APIInteractionDataResolved,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import {
  autocompleteChoices,
  type AutocompleteContext,
  type AutocompleteHandler,
  type AutocompleteHandlers,
} from "./autocomplete.ts";
import { CoreError } from "../core-error.ts";
import { checkCommand } from "./check-command.ts";
import {
  isGuildOnly,
  localizationBody,
  nameBody,
  settingsBody,
  type CommandContextName,
  type CommandSettings,
  type Localizations,
} from "./command-settings.ts";
import type { InGuild, InteractionContext, InteractionDetails } from "./context.ts";
import { optionBody } from "./option-body.ts";
import type { KnownSettings, OptionDefinitions, OptionValues } from "./option.ts";
import { parseOptions } from "./parse-options.ts";
import type { Responder } from "./responder.ts";

/** A slash command as its handler sees it. */
export type CommandContext<
  Options extends OptionDefinitions = OptionDefinitions,
  Contexts extends readonly CommandContextName[] = readonly CommandContextName[],
> = InteractionContext &
  (Contexts extends readonly ["guild"] ? InGuild : unknown) & {
    readonly kind: "command";
    /** The command with its subcommand: `queue clear`. */
    readonly commandName: string;
    /** The values that the user gave, typed as defined. */
    readonly options: OptionValues<Options>;
    /** Opens a modal; only as the very first answer. */
    readonly showModal: Responder["showModal"];
    /** Opens the application's activity; only as the very first answer. */
    readonly launchActivity: Responder["launchActivity"];
  };

/** What users read about a command or a part of it. */
interface CommandTexts {
  /** 1 to 100 characters. */
  readonly description: string;
  /** The description in other languages. */
  readonly descriptionLocalizations?: Localizations | undefined;
  /** The name in other languages. */
  readonly nameLocalizations?: Localizations | undefined;
}

/** The part of a definition that does something. */
export interface SubcommandDefinition<
  Options extends OptionDefinitions,
  Contexts extends readonly CommandContextName[],
> extends CommandTexts {
  /** Where it can be used; of a subcommand, as its command says. `["guild"]` makes `guildId` and `member` certain. */
  readonly contexts?: Contexts | undefined;
  /** At most 25, by name; the required ones are moved to the front. */
  readonly options?: (Options & KnownSettings<Options>) | undefined;
  /** Whether the automatic deferral, and `defer()` without options, is seen by the user alone. Defaults to false. */
  readonly ephemeral?: boolean | undefined;
  /** Suggests values while the user types, by the option's name. */
  readonly autocomplete?: AutocompleteHandlers<NoInfer<Options>> | undefined;
  /** Runs the command; what it throws becomes an apology and an `interactionError`. */
  readonly execute: (context: CommandContext<NoInfer<Options>, Contexts>) => Promise<void> | void;
}

/** A slash command. */
export type CommandDefinition<
  Options extends OptionDefinitions,
  Contexts extends readonly CommandContextName[],
> = CommandSettings<Contexts> & SubcommandDefinition<Options, Contexts>;

/** What a handler is run with. */
export interface CommandInput {
  readonly commandName: string;
  readonly options: readonly APIApplicationCommandInteractionDataBasicOption[];
  readonly resolved: APIInteractionDataResolved | undefined;
}

/** The types of a definition erased: a handler that turns raw options into a typed context. */
export interface CommandHandler {
  readonly ephemeral: boolean;
  /** Builds the context. @throws {@link CoreError} `CORE_INTERACTION_MALFORMED` */
  context(base: InteractionContext, responder: Responder, input: CommandInput): CommandContext;
  execute(context: CommandContext): Promise<void> | void;
  /** Builds the context of an autocompletion. */
  autocompleteContext(details: InteractionDetails, responder: Responder, input: CommandInput): AutocompleteContext;
  autocomplete(context: AutocompleteContext): Promise<void>;
}

/** A command with several subcommands, built by {@link defineSubcommand}. */
export interface Subcommand {
  readonly body: Omit<APIApplicationCommandSubcommandOption, "name">;
  /** Whether it counts on being used in guilds only, as its command must say. */
  readonly guildOnly: boolean;
  readonly handler: CommandHandler;
}

/** A named set of subcommands. */
export interface SubcommandGroup extends CommandTexts {
  readonly subcommands: Readonly<Record<string, Subcommand>>;
}

/** A command with subcommands. */
export interface CommandGroupDefinition<Contexts extends readonly CommandContextName[]>
  extends CommandSettings<Contexts>, CommandTexts {
  /** At most 25, by name. */
  readonly subcommands: Readonly<Record<string, Subcommand | SubcommandGroup>>;
}

/** A command that is ready to be added to a client. */
export interface Command {
  readonly name: string;
  /** Whether it can only be used in guilds. */
  readonly guildOnly: boolean;
  /** What Discord is told at registration. */
  readonly body: RESTPostAPIChatInputApplicationCommandsJSONBody;
  /** The handlers by path: empty for a plain command, `clear` or `admin clear` for subcommands. */
  readonly handlers: ReadonlyMap<string, CommandHandler>;
}

function createHandler<Options extends OptionDefinitions, Contexts extends readonly CommandContextName[]>(
  definition: SubcommandDefinition<Options, Contexts>,
): CommandHandler {
  const options: OptionDefinitions = definition.options ?? {};
  const completions = new Map<string, AutocompleteHandler | undefined>(Object.entries(definition.autocomplete ?? {}));
  return {
    ephemeral: definition.ephemeral ?? false,
    context(base, responder, input) {
      const values = parseOptions(options, input.options, input.resolved) as OptionValues<OptionDefinitions>;
      return {
        ...base,
        kind: "command",
        commandName: input.commandName,
        options: values,
        showModal: responder.showModal,
        launchActivity: responder.launchActivity,
      };
    },
    // The one place where types meet data: parseOptions has checked the values against the definition.
    execute: (context) => definition.execute(context as CommandContext<Options, Contexts>),
    autocompleteContext(details, responder, input) {
      const focused = input.options.find((option) => "focused" in option && option.focused);
      const given = Object.fromEntries(input.options.map((option) => [option.name, option.value]));
      return {
        ...details,
        kind: "autocomplete",
        commandName: input.commandName,
        focused: { name: focused?.name ?? "", value: String(focused?.value ?? "") },
        options: given,
        respond: (choices, wait) => responder.respond(autocompleteChoices(choices), wait),
      };
    },
    async autocomplete(context) {
      const handler = completions.get(context.focused.name);
      await context.respond(handler === undefined ? [] : await handler(context));
    },
  };
}

function basicOptions<Options extends OptionDefinitions>(
  definition: Pick<SubcommandDefinition<Options, readonly CommandContextName[]>, "options" | "autocomplete">,
): APIApplicationCommandBasicOption[] {
  const completed = new Set(Object.keys(definition.autocomplete ?? {}));
  const bodies = Object.entries(definition.options ?? {}).map(([name, option]) =>
    optionBody(name, option, completed.has(name)),
  );
  return bodies.toSorted((left, right) => Number(right.required ?? false) - Number(left.required ?? false));
}

function descriptionBody({ description, descriptionLocalizations }: CommandTexts) {
  return {
    description,
    ...(descriptionLocalizations !== undefined && {
      description_localizations: localizationBody(descriptionLocalizations),
    }),
  };
}

function commandBody(
  definition: CommandSettings<readonly CommandContextName[]> & CommandTexts,
  options: NonNullable<Command["body"]["options"]>,
): Command["body"] {
  const body = {
    type: ApplicationCommandType.ChatInput as const,
    ...settingsBody(definition),
    ...descriptionBody(definition),
    options,
  };
  checkCommand(body);
  return body;
}

/**
 * Defines a slash command; `execute` gets the options typed as they are defined here.
 *
 * @throws {@link CoreError} `CORE_COMMAND_INVALID` when a limit of Discord's is passed; `details.path` names the field
 */
export function defineCommand<
  const Options extends OptionDefinitions = Record<string, never>,
  const Contexts extends readonly CommandContextName[] = readonly CommandContextName[],
>(definition: CommandDefinition<Options, Contexts>): Command {
  return {
    name: definition.name,
    guildOnly: isGuildOnly(definition.contexts),
    body: commandBody(definition, basicOptions<Options>(definition)),
    handlers: new Map([["", createHandler<Options, Contexts>(definition)]]),
  };
}

/** Defines one subcommand of a {@link defineCommandGroup}; its name is its key there. */
export function defineSubcommand<
  const Options extends OptionDefinitions = Record<string, never>,
  const Contexts extends readonly CommandContextName[] = readonly CommandContextName[],
>(definition: SubcommandDefinition<Options, Contexts>): Subcommand {
  const { name: _, ...names } = nameBody({ ...definition, name: "" });
  const type = ApplicationCommandOptionType.Subcommand as const;
  return {
    body: { type, ...names, ...descriptionBody(definition), options: basicOptions<Options>(definition) },
    guildOnly: isGuildOnly(definition.contexts),
    handler: createHandler<Options, Contexts>(definition),
  };
}

/**
 * Defines a slash command that consists of subcommands, or of groups of them.
 *
 * @throws {@link CoreError} `CORE_COMMAND_INVALID` when a limit of Discord's is passed; `details.path` names the field
 */
export function defineCommandGroup<
  const Contexts extends readonly CommandContextName[] = readonly CommandContextName[],
>(definition: CommandGroupDefinition<Contexts>): Command {
  const handlers = new Map<string, CommandHandler>();
  const guildOnly = isGuildOnly(definition.contexts);
  const subcommandBody = (
    prefix: string,
    [name, subcommand]: [string, Subcommand],
  ): APIApplicationCommandSubcommandOption => {
    if (subcommand.guildOnly && !guildOnly) {
      const path = `/${definition.name}.${prefix}${name}`.replaceAll(" ", ".");
      const message = `${path} is only for guilds; /${definition.name} must say contexts: ["guild"], too.`;
      throw new CoreError("CORE_COMMAND_INVALID", message, { details: { path: `${path}.contexts` } });
    }
    handlers.set(`${prefix}${name}`, subcommand.handler);
    return { ...subcommand.body, name };
  };
  const options = Object.entries(definition.subcommands).map(([name, entry]) => {
    if ("handler" in entry) return subcommandBody("", [name, entry]);
    const group: APIApplicationCommandSubcommandGroupOption = {
      type: ApplicationCommandOptionType.SubcommandGroup,
      ...nameBody({ ...entry, name }),
      ...descriptionBody(entry),
      options: Object.entries(entry.subcommands).map((pair) => subcommandBody(`${name} `, pair)),
    };
    return group;
  });
  const body = commandBody(definition, options);
  if (handlers.size === 0) {
    const path = `/${definition.name}.subcommands`;
    throw new CoreError("CORE_COMMAND_INVALID", `${path} is empty; use defineCommand`, { details: { path } });
  }
  return { name: definition.name, guildOnly, body, handlers };
}
