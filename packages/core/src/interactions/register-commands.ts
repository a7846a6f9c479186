import type { RestTransport, Snowflake } from "@antiphon/protocol/discord";
import { ApplicationCommandType, type APIApplicationCommand } from "discord-api-types/v10";
import type { Command } from "./command.ts";

/** What a registration changed. */
export interface RegistrationResult {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
  readonly unchanged: readonly string[];
}

/** Options of {@link registerCommands}. */
export interface RegisterCommandsOptions {
  readonly rest: RestTransport;
  readonly applicationId: Snowflake;
  readonly commands: readonly Command[];
  readonly guildId?: Snowflake | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What we define; everything else in Discord's answer is its own bookkeeping. */
const COMMAND_FIELDS = [
  "name",
  "name_localizations",
  "description",
  "description_localizations",
  "options",
  "default_member_permissions",
  "nsfw",
];
const GLOBAL_FIELDS = ["contexts", "integration_types"];
const OPTION_FIELDS = (
  "type name name_localizations description description_localizations required choices options " +
  "channel_types min_value max_value min_length max_length autocomplete"
).split(" ");
/** Discord writes these defaults out where we left the field away. */
const DEFAULTS: Readonly<Record<string, string>> = { contexts: "[0,1,2]", integration_types: "[0]" };

type Fields = Readonly<Record<string, unknown>>;

function isDefault(field: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (Array.isArray(value)) return value.length === 0 || JSON.stringify(value.toSorted()) === DEFAULTS[field];
  return typeof value === "object" && Object.keys(value).length === 0;
}

function normalise(source: Fields, fields: readonly string[]): Fields {
  const kept: Record<string, unknown> = {};
  for (const field of fields) {
    const value = source[field];
    if (isDefault(field, value)) continue;
    if (field === "options") kept[field] = (value as Fields[]).map((option) => normalise(option, OPTION_FIELDS));
    else if (field === "choices")
      kept[field] = (value as Fields[]).map((choice) => normalise(choice, ["name", "name_localizations", "value"]));
    else if (field.endsWith("_localizations")) kept[field] = Object.entries(value as Fields).toSorted();
    else kept[field] = Array.isArray(value) && field !== "options" ? value.toSorted() : value;
  }
  return kept;
}

function sameCommand(ours: Fields, theirs: Fields, global: boolean): boolean {
  const fields = global ? [...COMMAND_FIELDS, ...GLOBAL_FIELDS] : COMMAND_FIELDS;
  return JSON.stringify(normalise(ours, fields)) === JSON.stringify(normalise(theirs, fields));
}

/** The body to send: contexts and installation types exist only for commands that are registered everywhere. */
function bodyOf(command: Command, global: boolean): Fields {
  const body: Record<string, unknown> = { ...command.body };
  if (!global) for (const field of GLOBAL_FIELDS) delete body[field];
  return body;
}

/**
 * Compares Discord's list with ours and sends the difference: nothing, one request for one change, and the whole list at once
 * (which counts only new commands against the daily limit) for several, unless that would delete commands of other types.
 *
 * @see [Discord Docs/Application Commands/Bulk Overwrite]
 */
export async function registerCommands(options: RegisterCommandsOptions): Promise<RegistrationResult> {
  const { rest, applicationId, commands, guildId, signal } = options;
  const global = guildId === undefined;
  const path = global
    ? `/applications/${applicationId}/commands`
    : `/applications/${applicationId}/guilds/${guildId}/commands`;
  const query = { with_localizations: true };
  const all = await rest.request<APIApplicationCommand[]>("GET", path, { query, signal });
  const theirs = new Map(
    all.filter(({ type }) => type === ApplicationCommandType.ChatInput).map((command) => [command.name, command]),
  );
  const isSame = (command: Command) => {
    const known = theirs.get(command.name);
    return known !== undefined && sameCommand(bodyOf(command, global), known as unknown as Fields, global);
  };
  const created = commands.filter(({ name }) => !theirs.has(name));
  const updated = commands.filter((command) => theirs.has(command.name) && !isSame(command));
  const deleted = [...theirs.values()].filter(({ name }) => !commands.some((command) => command.name === name));

  const changes = created.length + updated.length + deleted.length;
  if (changes > 1 && theirs.size === all.length) {
    await rest.request("PUT", path, { body: commands.map((command) => bodyOf(command, global)), signal });
  } else {
    for (const command of created) await rest.request("POST", path, { body: bodyOf(command, global), signal });
    for (const command of updated) {
      await rest.request("PATCH", `${path}/${theirs.get(command.name)?.id}`, { body: bodyOf(command, global), signal });
    }
    for (const { id } of deleted) await rest.request("DELETE", `${path}/${id}`, { signal });
  }
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  return {
    created: names(created),
    updated: names(updated),
    deleted: names(deleted),
    unchanged: names(commands.filter(isSame)),
  };
}
