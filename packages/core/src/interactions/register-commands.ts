import type { RestTransport, Snowflake } from "@antiphon/protocol/discord";
import { ApplicationCommandType, type APIApplicationCommand } from "discord-api-types/v10";
import { commandKey, type AnyCommand } from "./any-command.ts";

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
  readonly commands: readonly AnyCommand[];
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
  "handler",
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
function bodyOf(command: AnyCommand, global: boolean): Fields {
  const body: Record<string, unknown> = { ...command.body };
  if (!global) for (const field of GLOBAL_FIELDS) delete body[field];
  return body;
}

/** Discord's own command as a body, for lists that replace everything. */
function keptBody(command: APIApplicationCommand): Fields {
  const fields = new Set(["id", "type", ...COMMAND_FIELDS, ...GLOBAL_FIELDS]);
  return Object.fromEntries(Object.entries(command).filter(([field]) => fields.has(field)));
}

interface Difference {
  readonly created: readonly AnyCommand[];
  /** With the ids that Discord knows them by. */
  readonly updated: readonly (readonly [id: Snowflake, AnyCommand])[];
  readonly deleted: readonly APIApplicationCommand[];
  readonly unchanged: readonly AnyCommand[];
  /** Not ours, but to stay: Discord makes an entry point by itself and refuses a list without it. */
  readonly kept: readonly APIApplicationCommand[];
}

function compare(ours: readonly AnyCommand[], theirs: readonly APIApplicationCommand[], global: boolean): Difference {
  const known = new Map(theirs.map((command) => [commandKey(command.type, command.name), command]));
  const created: AnyCommand[] = [];
  const updated: [Snowflake, AnyCommand][] = [];
  const unchanged: AnyCommand[] = [];
  for (const command of ours) {
    const key = commandKey(command.body.type, command.name);
    const match = known.get(key);
    known.delete(key);
    if (match === undefined) created.push(command);
    else if (sameCommand(bodyOf(command, global), match as unknown as Fields, global)) unchanged.push(command);
    else updated.push([match.id, command]);
  }
  const isKept = ({ type }: APIApplicationCommand) => type === ApplicationCommandType.PrimaryEntryPoint;
  const left = [...known.values()];
  return {
    created,
    updated,
    unchanged,
    kept: left.filter(isKept),
    deleted: left.filter((command) => !isKept(command)),
  };
}

/**
 * Compares Discord's list with ours and sends the difference: nothing, one request for one change, and the whole list at once
 * (which counts only new commands against the daily limit) for several.
 *
 * @see [Discord Docs/Application Commands/Bulk Overwrite]
 */
export async function registerCommands(options: RegisterCommandsOptions): Promise<RegistrationResult> {
  const { rest, applicationId, guildId, signal } = options;
  const global = guildId === undefined;
  const path = global
    ? `/applications/${applicationId}/commands`
    : `/applications/${applicationId}/guilds/${guildId}/commands`;
  const isEntryPoint = ({ body }: AnyCommand) => body.type === ApplicationCommandType.PrimaryEntryPoint;
  const ours = global ? options.commands : options.commands.filter((command) => !isEntryPoint(command));
  const theirs = await rest.request<APIApplicationCommand[]>("GET", path, {
    query: { with_localizations: true },
    signal,
  });
  const { created, updated, deleted, unchanged, kept } = compare(ours, theirs, global);

  if (created.length + updated.length + deleted.length > 1) {
    const body = [...ours.map((command) => bodyOf(command, global)), ...kept.map(keptBody)];
    await rest.request("PUT", path, { body, signal });
  } else {
    for (const command of created) await rest.request("POST", path, { body: bodyOf(command, global), signal });
    for (const [id, command] of updated)
      await rest.request("PATCH", `${path}/${id}`, { body: bodyOf(command, global), signal });
    for (const { id } of deleted) await rest.request("DELETE", `${path}/${id}`, { signal });
  }
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  return {
    created: names(created),
    updated: names(updated.map(([, command]) => command)),
    deleted: names(deleted),
    unchanged: names(unchanged),
  };
}
