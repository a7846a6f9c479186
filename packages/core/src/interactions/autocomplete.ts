import type { APIApplicationCommandOptionChoice } from "discord-api-types/v10";
import { truncate } from "../format.ts";
import type { InteractionDetails } from "./context.ts";
import type { OptionChoice, OptionDefinitions } from "./option.ts";
import { choiceBody } from "./option-body.ts";
import type { WaitOptions } from "../wait-options.ts";

/** An autocompletion as its handler sees it. */
export interface AutocompleteContext extends InteractionDetails {
  readonly kind: "autocomplete";
  /** The command with its subcommand: `queue clear`. */
  readonly commandName: string;
  /** The option that the user is typing into, and the text so far. */
  readonly focused: { readonly name: string; readonly value: string };
  /** What was given so far, unchecked: ids are not resolved, and required options may be missing. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Sends the suggestions; what a handler returns is sent in this way. */
  readonly respond: (choices: readonly OptionChoice[], options?: WaitOptions) => Promise<void>;
}

/** Gives the suggestions for what the user has typed; the first 25 are shown. */
export type AutocompleteHandler = (
  context: AutocompleteContext,
) => Promise<readonly OptionChoice[]> | readonly OptionChoice[];

/** The autocomplete handlers of a command, by option. */
export type AutocompleteHandlers<Options extends OptionDefinitions> = {
  readonly [Name in keyof Options as Options[Name]["type"] extends "string" | "integer" | "number" ? Name : never]?:
    | AutocompleteHandler
    | undefined;
};

const MAXIMUM_CHOICES = 25;
const MAXIMUM_LENGTH = 100;

function shortened({ name, nameLocalizations = {}, value }: OptionChoice): OptionChoice {
  const names = Object.entries(nameLocalizations).flatMap(([language, text]) =>
    text === undefined || text === "" ? [] : [[language, truncate(text, MAXIMUM_LENGTH)]],
  );
  return {
    name: truncate(name, MAXIMUM_LENGTH),
    ...(names.length > 0 && { nameLocalizations: Object.fromEntries(names) }),
    value,
  };
}

/** Discord refuses a whole list for one choice without a name or a value, and a value must not be cut. */
function isSuggestible({ name, value }: OptionChoice): boolean {
  if (name.trim() === "") return false;
  return typeof value === "number" ? Number.isFinite(value) : value !== "" && value.length <= MAXIMUM_LENGTH;
}

/** Makes choices fit Discord's limits: the first 25, names cut to 100 characters, values that do not fit left out. */
export function autocompleteChoices(choices: readonly OptionChoice[]): APIApplicationCommandOptionChoice[] {
  return choices
    .filter(isSuggestible)
    .slice(0, MAXIMUM_CHOICES)
    .map((choice) => choiceBody(shortened(choice)));
}
