import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type APIApplicationCommandOption,
  type RESTPostAPIApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";

/** @see [Discord Docs/Application Commands/Naming] */
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const MAXIMUM_OPTIONS = 25;
const MAXIMUM_TOTAL = 8000;

type Translations = Readonly<Record<string, string | null | undefined>> | null | undefined;

/** What is named and described: a command, an option; a choice has no description. */
interface Described {
  readonly name: string;
  readonly name_localizations?: Translations;
  readonly description?: string | undefined;
  readonly description_localizations?: Translations;
}

function check(path: string, holds: boolean, problem: string): void {
  if (holds) return;
  throw new CoreError("CORE_COMMAND_INVALID", `${path} ${problem}`, { details: { path } });
}

function checkLength(path: string, text: string, maximum: number): void {
  check(
    path,
    text.length >= 1 && text.length <= maximum,
    `is ${text.length} characters long; 1 to ${maximum} are allowed`,
  );
}

function checkName(path: string, name: string): void {
  check(
    path,
    NAME.test(name) && name.toLowerCase() === name,
    `is named "${name}"; 1 to 32 lowercase letters, digits, - and _ are allowed`,
  );
}

function checkTranslations(path: string, texts: Translations, checkText: (path: string, text: string) => void): void {
  for (const [language, text] of Object.entries(texts ?? {}))
    if (typeof text === "string") checkText(`${path}.${language}`, text);
}

function checkTexts(path: string, described: Described): void {
  const { name, name_localizations: names, description = "", description_localizations: descriptions } = described;
  checkName(path, name);
  checkTranslations(`${path}.nameLocalizations`, names, checkName);
  const checkDescription = (textPath: string, text: string) => checkLength(textPath, text, 100);
  checkDescription(`${path}.description`, description);
  checkTranslations(`${path}.descriptionLocalizations`, descriptions, checkDescription);
}

/** The limits of an option under the names that they have at Discord and with us, with the widest that there are. */
const LIMITS = [
  ["min_length", "minimumLength", "max_length", "maximumLength", 0, 6_000],
  ["min_value", "minimum", "max_value", "maximum", -(2 ** 53), 2 ** 53],
] as const;

function checkLimits(path: string, option: APIApplicationCommandOption): void {
  const given = option as unknown as Readonly<Record<string, number | undefined>>;
  const isWhole = option.type !== ApplicationCommandOptionType.Number;
  for (const [lower, lowerName, upper, upperName, least, most] of LIMITS) {
    const [from = least, to = most] = [given[lower], given[upper]];
    const kind = isWhole ? "whole numbers from " : "";
    const leastUpper = upper === "max_length" ? Math.max(1, from) : from;
    const fits = (value: number, minimum: number) =>
      value >= minimum && value <= most && (!isWhole || Number.isInteger(value));
    check(`${path}.${lowerName}`, fits(from, least), `is ${from}; ${kind}${least} to ${most} are allowed`);
    check(`${path}.${upperName}`, fits(to, leastUpper), `is ${to}; ${kind}${leastUpper} to ${most} are allowed`);
  }
}

function checkOption(parent: string, option: APIApplicationCommandOption): void {
  const path = `${parent}.${option.name}`;
  checkTexts(path, option);
  checkLimits(path, option);
  if ("options" in option) checkOptions(path, option.options ?? []);
  const choices = "choices" in option ? (option.choices ?? []) : [];
  check(
    `${path}.choices`,
    choices.length <= MAXIMUM_OPTIONS,
    `has ${choices.length} entries; at most ${MAXIMUM_OPTIONS} are allowed`,
  );
  check(`${path}.choices`, choices.length === 0 || !("autocomplete" in option), "goes not together with autocomplete");
  for (const [index, { name, name_localizations: names, value }] of choices.entries()) {
    const choicePath = `${path}.choices[${index}]`;
    const checkChoiceName = (textPath: string, text: string) => checkLength(textPath, text, 100);
    checkChoiceName(`${choicePath}.name`, name);
    checkTranslations(`${choicePath}.nameLocalizations`, names, checkChoiceName);
    if (typeof value === "string") checkLength(`${choicePath}.value`, value, 100);
  }
}

function checkOptions(path: string, options: readonly APIApplicationCommandOption[]): void {
  check(
    path,
    options.length <= MAXIMUM_OPTIONS,
    `has ${options.length} options; at most ${MAXIMUM_OPTIONS} are allowed`,
  );
  for (const option of options) checkOption(path, option);
}

/** The length that counts: that of the longest translation. */
function longest(text: string, texts: Translations): number {
  return Math.max(text.length, ...Object.values(texts ?? {}).map((translated) => translated?.length ?? 0));
}

function textLength(part: Described & { readonly options?: readonly APIApplicationCommandOption[] | undefined }) {
  const { name, name_localizations: names, description = "", description_localizations: descriptions } = part;
  let total = longest(name, names) + longest(description, descriptions);
  for (const option of part.options ?? []) {
    total += textLength(option);
    for (const choice of "choices" in option ? (option.choices ?? []) : [])
      total += longest(choice.name, choice.name_localizations) + String(choice.value).length;
  }
  return total;
}

/** Checks a command against Discord's limits. @throws {@link CoreError} `CORE_COMMAND_INVALID` */
export function checkCommand(body: RESTPostAPIApplicationCommandsJSONBody): void {
  if (body.type !== undefined && body.type !== ApplicationCommandType.ChatInput) {
    const checkMenuName = (path: string, name: string) => checkLength(path, name, 32);
    checkMenuName(body.name, body.name);
    checkTranslations(`${body.name}.nameLocalizations`, body.name_localizations, checkMenuName);
    return;
  }
  const path = `/${body.name}`;
  checkTexts(path, body);
  checkOptions(path, body.options ?? []);
  const total = textLength(body);
  check(
    path,
    total <= MAXIMUM_TOTAL,
    `has ${total} characters in names, descriptions and choices; at most ${MAXIMUM_TOTAL} are allowed`,
  );
}
