import { ApplicationCommandOptionType as OptionType, ApplicationCommandType } from "discord-api-types/v10";
import type { CommandDraft } from "../world/command.ts";
import { createForm, type Form, type FormPath } from "./form.ts";

/** @see [Discord Docs/Application Commands#Application Command Naming] */
const NAME_PATTERN = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
/** The most characters in the names, descriptions and choices of one command. */
const COMMAND_CHARACTERS = 8000;

type Fields = Readonly<Record<string, unknown>>;

/** Checks one command. */
export function readCommandBody(body: unknown): CommandDraft {
  const form = createForm();
  const draft = readCommand(form, body, []);
  form.finish();
  return draft;
}

/** Checks the list of a bulk overwrite. */
export function readCommandListBody(body: unknown): CommandDraft[] {
  const form = createForm();
  const drafts = (form.list(body, [], { maximum: 131, required: true }) ?? []).map((item, index) =>
    readCommand(form, item, [index]),
  );
  const seen = new Set<string>();
  drafts.forEach(({ name, type }, index) => {
    if (seen.has(`${type} ${name}`)) {
      form.fail([index], "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
    }
    seen.add(`${type} ${name}`);
  });
  form.finish();
  return drafts;
}

function readCommand(form: Form, body: unknown, path: FormPath): CommandDraft {
  const fields = form.object(body, path) ?? {};
  const type = (form.integer(fields["type"], [...path, "type"], { minimum: 1, maximum: 4 }) ??
    1) as ApplicationCommandType;
  const isChatInput = type === ApplicationCommandType.ChatInput;
  const name = isChatInput
    ? readName(form, fields, path)
    : form.text(fields["name"], [...path, "name"], { minimum: 1, maximum: 32, required: true });
  const description = isChatInput
    ? form.text(fields["description"], [...path, "description"], { minimum: 1, maximum: 100, required: true })
    : "";
  checkOptions(form, fields["options"], [...path, "options"], 0);
  if (countCharacters(fields) > COMMAND_CHARACTERS) {
    form.fail(path, "APPLICATION_COMMAND_TOO_LARGE", `Command exceeds maximum size (${COMMAND_CHARACTERS})`);
  }
  const {
    default_member_permissions,
    nsfw,
    contexts,
    integration_types,
    name_localizations,
    description_localizations,
  } = fields as Partial<CommandDraft>;
  return {
    name: name ?? "",
    description: description ?? "",
    type,
    options: (fields["options"] ?? []) as NonNullable<CommandDraft["options"]>,
    ...(default_member_permissions === undefined ? {} : { default_member_permissions }),
    ...(nsfw === undefined ? {} : { nsfw }),
    ...(contexts === undefined ? {} : { contexts }),
    ...(integration_types === undefined ? {} : { integration_types }),
    ...(name_localizations === undefined ? {} : { name_localizations }),
    ...(description_localizations === undefined ? {} : { description_localizations }),
  };
}

function readName(form: Form, fields: Fields, path: FormPath): string | undefined {
  const name = form.text(fields["name"], [...path, "name"], { minimum: 1, maximum: 32, required: true });
  if (name !== undefined && (!NAME_PATTERN.test(name) || name !== name.toLowerCase())) {
    form.fail([...path, "name"], "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
  }
  return name;
}

function checkOptions(form: Form, value: unknown, path: FormPath, depth: number): void {
  const seen = new Set<string>();
  let optionalSeen = false;
  form.list(value, path, { maximum: 25 })?.forEach((item, index) => {
    const here = [...path, index];
    const option = form.object(item, here) ?? {};
    const type = form.integer(option["type"], [...here, "type"], { minimum: 1, maximum: 11, required: true });
    const name = readName(form, option, here);
    form.text(option["description"], [...here, "description"], { minimum: 1, maximum: 100, required: true });
    if (name !== undefined && seen.has(name))
      form.fail([...here, "name"], "APPLICATION_COMMAND_OPTIONS_NAME_NOT_UNIQUE", "Option names must be unique");
    if (name !== undefined) seen.add(name);
    const isNested = type === OptionType.Subcommand || type === OptionType.SubcommandGroup;
    if (isNested && depth === 2)
      form.fail(
        [...here, "type"],
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        "Sub-command option types cannot be nested here",
      );
    if (isNested) return checkOptions(form, option["options"], [...here, "options"], depth + 1);
    if (option["required"] === true && optionalSeen) {
      form.fail(
        here,
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        "Required options must be placed before non-required options",
      );
    }
    optionalSeen ||= option["required"] !== true;
    checkChoices(form, option, here);
  });
}

function checkChoices(form: Form, option: Fields, path: FormPath): void {
  const choices = form.list(option["choices"], [...path, "choices"], { maximum: 25 }) ?? [];
  if (choices.length > 0 && option["autocomplete"] === true) {
    form.fail(
      [...path, "autocomplete"],
      "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES",
      "Options with choices cannot use autocomplete",
    );
  }
  choices.forEach((item, index) => {
    const choice = form.object(item, [...path, "choices", index]) ?? {};
    form.text(choice["name"], [...path, "choices", index, "name"], { minimum: 1, maximum: 100, required: true });
    if (choice["value"] === undefined)
      form.fail([...path, "choices", index, "value"], "BASE_TYPE_REQUIRED", "This field is required");
  });
}

function countCharacters(node: unknown): number {
  if (typeof node !== "object" || node === null) return 0;
  const fields = node as Fields;
  const nested = [fields["options"], fields["choices"]].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  const own = [fields["name"], fields["description"], fields["value"]].reduce<number>(
    (sum, text) => sum + (typeof text === "string" ? text.length : 0),
    0,
  );
  return nested.reduce<number>((sum, child) => sum + countCharacters(child), own);
}
