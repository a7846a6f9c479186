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
  readonly updated: readonly AnyCommand[];
  readonly deleted: readonly APIApplicationCommand[];
  readonly unchanged: readonly AnyCommand[];
  /** The list as it should be, ours with the ids that Discord knows them by, and what is not ours but to stay. */
  readonly wanted: readonly Fields[];
}

function compare(ours: readonly AnyCommand[], theirs: readonly APIApplicationCommand[], global: boolean): Difference {
  const known = new Map(theirs.map((command) => [commandKey(command.type, command.name), command]));
  const created: AnyCommand[] = [];
  const updated: AnyCommand[] = [];
  const unchanged: AnyCommand[] = [];
  const wanted: Fields[] = [];
  for (const command of ours) {
    const key = commandKey(command.body.type, command.name);
    const match = known.get(key);
    known.delete(key);
    const body = bodyOf(command, global);
    wanted.push(match === undefined ? body : { id: match.id, ...body });
    if (match === undefined) created.push(command);
    else if (sameCommand(body, match as unknown as Fields, global)) unchanged.push(command);
    else updated.push(command);
  }
  // Discord makes an entry point by itself and refuses a list without it.
  const isKept = ({ type }: APIApplicationCommand) => type === ApplicationCommandType.PrimaryEntryPoint;
  const left = [...known.values()];
  wanted.push(...left.filter(isKept).map(keptBody));
  return { created, updated, unchanged, deleted: left.filter((command) => !isKept(command)), wanted };
}

/**
 * Compares Discord's list with ours and sends the difference in at most one request: a single new or deleted command by itself,
 * everything else as the whole list. That takes away fields which a command no longer has, where a change of the one command would
 * leave them as they were; and only new commands count against the daily limit.
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
  const { created, updated, deleted, unchanged, wanted } = compare(ours, theirs, global);
  const [newcomer, leaver] = [created[0], deleted[0]];
  const changes = created.length + updated.length + deleted.length;
  if (changes > 1 || updated.length > 0) await rest.request("PUT", path, { body: wanted, signal });
  else if (newcomer !== undefined) await rest.request("POST", path, { body: bodyOf(newcomer, global), signal });
  else if (leaver !== undefined) await rest.request("DELETE", `${path}/${leaver.id}`, { signal });
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  return {
    created: names(created),
    updated: names(updated),
    deleted: names(deleted),
    unchanged: names(unchanged),
  };
}
