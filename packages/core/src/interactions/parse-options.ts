import {
  ApplicationCommandOptionType,
  type APIApplicationCommandInteractionDataOption,
  type APIInteractionDataResolved,
  type APIApplicationCommandInteractionDataBasicOption,
} from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";
import type { OptionDefinition, OptionDefinitions, PickedMentionable, PickedUser } from "./option.ts";

type DataOption = APIApplicationCommandInteractionDataOption;
type BasicOption = APIApplicationCommandInteractionDataBasicOption;

/** Which handler a command's data means, and the options meant for it. */
export interface CommandPath {
  /** The names of group and subcommand, joined by a space; empty for a plain command. */
  readonly path: string;
  readonly options: readonly BasicOption[];
}

/** Walks down subcommand groups and subcommands. */
export function commandPath(options: readonly DataOption[] = []): CommandPath {
  const [first] = options;
  if (
    first?.type !== ApplicationCommandOptionType.Subcommand &&
    first?.type !== ApplicationCommandOptionType.SubcommandGroup
  )
    return { path: "", options: options as readonly BasicOption[] };
  const below = commandPath(first.options);
  return { path: below.path === "" ? first.name : `${first.name} ${below.path}`, options: below.options };
}

/** A user of the resolved data, with the member where there is one. */
export function pickUser(
  id: string,
  resolved: Pick<APIInteractionDataResolved, "users" | "members">,
): PickedUser | undefined {
  const user = resolved.users?.[id];
  return user === undefined ? undefined : { user, member: resolved.members?.[id] };
}

function pickMentionable(id: string, resolved: APIInteractionDataResolved): PickedMentionable | undefined {
  const picked = pickUser(id, resolved);
  if (picked !== undefined) return { type: "user", id, ...picked };
  const role = resolved.roles?.[id];
  return role === undefined ? undefined : { type: "role", id, role };
}

function valueOf(definition: OptionDefinition, value: unknown, resolved: APIInteractionDataResolved): unknown {
  const { type } = definition;
  if (type === "integer" || type === "number") return typeof value === "number" ? value : undefined;
  if (type === "boolean") return typeof value === "boolean" ? value : undefined;
  if (typeof value !== "string") return undefined;
  if (type === "string") return value;
  if (type === "user") return pickUser(value, resolved);
  if (type === "mentionable") return pickMentionable(value, resolved);
  const record = { channel: resolved.channels, role: resolved.roles, attachment: resolved.attachments }[type];
  return record?.[value];
}

function malformed(name: string): CoreError {
  return new CoreError(
    "CORE_INTERACTION_MALFORMED",
    `The option "${name}" is missing or of another type than defined. Register the commands again.`,
    {
      details: { option: name },
    },
  );
}

/**
 * The values of a command's options by name, with ids replaced by what they stand for. Options that are not defined are left out.
 *
 * @throws {@link CoreError} `CORE_INTERACTION_MALFORMED` when a value is not of the defined type, or a required one is missing
 */
export function parseOptions(
  definitions: OptionDefinitions,
  given: readonly BasicOption[],
  resolved: APIInteractionDataResolved = {},
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    const option = given.find((candidate) => candidate.name === name);
    if (option === undefined) {
      if (definition.required === true) throw malformed(name);
      continue;
    }
    const value = valueOf(definition, option.value, resolved);
    if (value === undefined) throw malformed(name);
    values[name] = value;
  }
  return values;
}
