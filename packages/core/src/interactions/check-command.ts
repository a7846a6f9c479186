import type {
  APIApplicationCommandOption,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";

/** @see [Discord Docs/Application Commands/Naming] */
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const MAXIMUM_OPTIONS = 25;
const MAXIMUM_TOTAL = 8000;

function check(path: string, holds: boolean, problem: string): void {
  if (holds) return;
  throw new CoreError("CORE_COMMAND_INVALID", `${path} ${problem}`, { details: { path } });
}

function checkTexts(path: string, name: string, description: string): void {
  check(
    path,
    NAME.test(name) && name.toLowerCase() === name,
    `is named "${name}"; 1 to 32 lowercase letters, digits, - and _ are allowed`,
  );
  check(
    `${path}.description`,
    description.length >= 1 && description.length <= 100,
    `is ${description.length} characters long; 1 to 100 are allowed`,
  );
}

function checkOption(parent: string, option: APIApplicationCommandOption): void {
  const path = `${parent}.${option.name}`;
  checkTexts(path, option.name, option.description);
  if ("options" in option) checkOptions(path, option.options ?? []);
  const choices = "choices" in option ? (option.choices ?? []) : [];
  check(
    `${path}.choices`,
    choices.length <= MAXIMUM_OPTIONS,
    `has ${choices.length} entries; at most ${MAXIMUM_OPTIONS} are allowed`,
  );
  check(`${path}.choices`, choices.length === 0 || !("autocomplete" in option), "goes not together with autocomplete");
  for (const { name, value } of choices) {
    check(
      `${path}.choices`,
      name.length >= 1 && name.length <= 100,
      `has the name "${name}"; 1 to 100 characters are allowed`,
    );
    check(
      `${path}.choices`,
      typeof value === "number" || value.length <= 100,
      `has a value of more than 100 characters`,
    );
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

function textLength(part: {
  name: string;
  description: string;
  options?: readonly APIApplicationCommandOption[] | undefined;
}): number {
  const below = (part.options ?? []).map((option) => {
    const choices = "choices" in option ? (option.choices ?? []) : [];
    const choiceLength = choices.reduce((sum, { name, value }) => sum + name.length + String(value).length, 0);
    return choiceLength + textLength(option);
  });
  return below.reduce((sum, length) => sum + length, part.name.length + part.description.length);
}

/** Checks a command against Discord's limits. @throws {@link CoreError} `CORE_COMMAND_INVALID` */
export function checkCommand(body: RESTPostAPIChatInputApplicationCommandsJSONBody): void {
  const path = `/${body.name}`;
  checkTexts(path, body.name, body.description);
  checkOptions(path, body.options ?? []);
  const total = textLength(body);
  check(
    path,
    total <= MAXIMUM_TOTAL,
    `has ${total} characters in names, descriptions and choices; at most ${MAXIMUM_TOTAL} are allowed`,
  );
}
