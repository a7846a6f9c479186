import {
  ApplicationCommandOptionType,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOptionChoice,
} from "discord-api-types/v10";
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

/** An option as the API's JSON. */
export function optionBody(
  name: string,
  option: OptionDefinition,
  autocomplete: boolean,
): APIApplicationCommandBasicOption {
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
