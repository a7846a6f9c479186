import {
  ApplicationCommandOptionType,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOptionChoice,
} from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";
import { localizationBody, nameBody, type Localizations } from "./command-settings.ts";
import type { OptionChoice, OptionDefinition } from "./option.ts";

const optionTypes = {
  string: ApplicationCommandOptionType.String,
  integer: ApplicationCommandOptionType.Integer,
  number: ApplicationCommandOptionType.Number,
  boolean: ApplicationCommandOptionType.Boolean,
  user: ApplicationCommandOptionType.User,
  channel: ApplicationCommandOptionType.Channel,
  role: ApplicationCommandOptionType.Role,
  mentionable: ApplicationCommandOptionType.Mentionable,
  attachment: ApplicationCommandOptionType.Attachment,
} as const;

/** A choice as the API's JSON. */
export function choiceBody(choice: OptionChoice): APIApplicationCommandOptionChoice {
  return { ...nameBody(choice), value: choice.value };
}

function translated(texts: Localizations | undefined) {
  return texts === undefined ? undefined : localizationBody(texts);
}

function limitsOf(option: OptionDefinition): object {
  switch (option.type) {
    case "string":
      return {
        choices: option.choices?.map(choiceBody),
        min_length: option.minimumLength,
        max_length: option.maximumLength,
      };
    case "integer":
    case "number":
      return { choices: option.choices?.map(choiceBody), min_value: option.minimum, max_value: option.maximum };
    case "channel":
      return { channel_types: option.channelTypes };
    default:
      return {};
  }
}

const SETTINGS = ["type", "description", "descriptionLocalizations", "nameLocalizations", "required"];
const settingsOf: Readonly<Partial<Record<OptionDefinition["type"], readonly string[]>>> = {
  string: [...SETTINGS, "choices", "minimumLength", "maximumLength"],
  integer: [...SETTINGS, "choices", "minimum", "maximum"],
  number: [...SETTINGS, "choices", "minimum", "maximum"],
  channel: [...SETTINGS, "channelTypes"],
};

/** Types forbid it already; without them, a setting that no option has would be left out without a word. */
function checkSettings(name: string, option: OptionDefinition): void {
  const known = settingsOf[option.type] ?? SETTINGS;
  const unknown = Object.keys(option).find((setting) => !known.includes(setting));
  if (unknown === undefined) return;
  const message = `The option "${name}" of the type ${option.type} has no setting "${unknown}". Use some of: ${known.join(", ")}.`;
  throw new CoreError("CORE_COMMAND_INVALID", message, { details: { path: `${name}.${unknown}` } });
}

/** An option as the API's JSON. @throws {@link CoreError} `CORE_COMMAND_INVALID` */
export function optionBody(
  name: string,
  option: OptionDefinition,
  autocomplete: boolean,
): APIApplicationCommandBasicOption {
  checkSettings(name, option);
  const fields = {
    type: optionTypes[option.type],
    name,
    name_localizations: translated(option.nameLocalizations),
    description: option.description,
    description_localizations: translated(option.descriptionLocalizations),
    required: option.required,
    ...limitsOf(option),
    ...(autocomplete && { autocomplete }),
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as APIApplicationCommandBasicOption;
}
