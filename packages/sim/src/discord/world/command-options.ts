import type { Snowflake } from "@antiphon/protocol/discord";
import {
  ApplicationCommandOptionType as OptionType,
  type APIApplicationCommand,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
} from "discord-api-types/v10";
import { invalidArgument } from "../sim-error.ts";
import { storeFiles } from "./attachment.ts";
import { channelPayload } from "./channel-payload.ts";
import { memberPayload } from "./member-payload.ts";
import { channelPermissions, guildPermissions } from "./permissions.ts";
import type { GuildRecord, StoredFile, WorldState } from "./state.ts";

/** What a person put into an option: text, a number, a choice, the id of a user, channel or role, or a file. */
export type OptionValue = string | number | boolean | StoredFile;

/** An option of the interaction's data. */
interface FilledOption {
  readonly name: string;
  readonly type: OptionType;
  readonly value?: string | number | boolean;
  readonly focused?: true;
  readonly options?: readonly FilledOption[];
}

/** What was typed after a command's name. */
export interface CommandInput {
  /** The words of the subcommand, if the command has any. */
  readonly path: readonly string[];
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Who types. */
  readonly userId: Snowflake;
  /** The option that is being typed, which lifts the rules for the others. */
  readonly focused?: string | undefined;
}

/** What the ids in options are looked up with; an application's bot user has the application's id. */
interface Filling {
  readonly state: WorldState;
  readonly guild: GuildRecord | undefined;
  readonly command: APIApplicationCommand;
  readonly input: CommandInput;
}

type Resolved = Record<"users" | "members" | "channels" | "roles" | "attachments", Record<Snowflake, unknown>>;

/** Fills a command's options as Discord's own client would, which also refuses what that client would not let a person send. */
export function fillOptions(
  state: WorldState,
  guild: GuildRecord | undefined,
  command: APIApplicationCommand,
  input: CommandInput,
): { readonly options?: readonly FilledOption[]; readonly resolved?: Partial<Resolved> } {
  const resolved: Resolved = { users: {}, members: {}, channels: {}, roles: {}, attachments: {} };
  const fill = (
    definitions: readonly APIApplicationCommandOption[],
    path: readonly string[],
    where: string,
  ): FilledOption[] => {
    const [word, ...rest] = path;
    if (word !== undefined) {
      const nested = definitions.find(({ name }) => name === word);
      if (nested?.type !== OptionType.Subcommand && nested?.type !== OptionType.SubcommandGroup) {
        throw invalidArgument(`/${where} has no subcommand "${word}".`);
      }
      return [{ name: nested.name, type: nested.type, options: fill(nested.options ?? [], rest, `${where} ${word}`) }];
    }
    return fillBasic(definitions, where);
  };
  const fillBasic = (definitions: readonly APIApplicationCommandOption[], where: string): FilledOption[] => {
    for (const name of Object.keys(input.options)) {
      if (!definitions.some((definition) => definition.name === name))
        throw invalidArgument(`/${where} has no option "${name}".`);
    }
    return definitions.flatMap((definition) => {
      if (definition.type === OptionType.Subcommand || definition.type === OptionType.SubcommandGroup) {
        throw invalidArgument(`/${where} needs a subcommand, such as "${definition.name}".`);
      }
      const value = input.options[definition.name];
      if (value === undefined) {
        if (definition.required === true && input.focused === undefined)
          throw invalidArgument(`/${where} needs the option "${definition.name}".`);
        return [];
      }
      const focused = input.focused === definition.name;
      if (!focused) checkValue(definition, value, where);
      if (typeof value === "object") {
        const [attachment] = storeFiles(state, command.application_id, state.nextId(), { files: [value] });
        if (attachment === undefined) return [];
        resolved.attachments[attachment.id] = attachment;
        return [{ name: definition.name, type: definition.type, value: attachment.id }];
      }
      resolveId({ state, guild, command, input }, definition.type, String(value), resolved);
      return [{ name: definition.name, type: definition.type, value, ...(focused ? { focused } : {}) }];
    });
  };
  const options = fill(command.options ?? [], input.path, command.name);
  const found = Object.fromEntries(Object.entries(resolved).filter(([, entries]) => Object.keys(entries).length > 0));
  return {
    ...(options.length === 0 ? {} : { options }),
    ...(Object.keys(found).length === 0 ? {} : { resolved: found }),
  };
}

function checkValue(definition: APIApplicationCommandBasicOption, value: OptionValue, where: string): void {
  const refuse = (wanted: string) =>
    invalidArgument(
      `/${where}: the option "${definition.name}" must be ${wanted}, not ${typeof value === "object" ? "a file" : JSON.stringify(value)}.`,
    );
  switch (definition.type) {
    case OptionType.String:
      if (typeof value !== "string") throw refuse("text");
      if (value.length < (definition.min_length ?? 0) || value.length > (definition.max_length ?? 6000)) {
        throw refuse(`${definition.min_length ?? 0} to ${definition.max_length ?? 6000} characters long`);
      }
      break;
    case OptionType.Integer:
    case OptionType.Number:
      if (typeof value !== "number" || (definition.type === OptionType.Integer && !Number.isSafeInteger(value))) {
        throw refuse(definition.type === OptionType.Integer ? "a whole number" : "a number");
      }
      if (value < (definition.min_value ?? -Infinity) || value > (definition.max_value ?? Infinity)) {
        throw refuse(`from ${definition.min_value ?? "any"} to ${definition.max_value ?? "any"}`);
      }
      break;
    case OptionType.Boolean:
      if (typeof value !== "boolean") throw refuse("true or false");
      break;
    case OptionType.Attachment:
      if (typeof value !== "object") throw refuse("a file");
      break;
    default:
      if (typeof value !== "string") throw refuse("an id");
  }
  if ("choices" in definition && definition.choices !== undefined && definition.choices.length > 0) {
    if (!definition.choices.some((choice) => choice.value === value)) throw refuse("one of its choices");
  }
}

function resolveId({ state, guild, command, input }: Filling, type: OptionType, id: string, resolved: Resolved): void {
  const isUser = type === OptionType.User || type === OptionType.Mentionable;
  const user = isUser ? state.users.get(id) : undefined;
  const role = type === OptionType.Role || type === OptionType.Mentionable ? guild?.roles.get(id) : undefined;
  const channel = type === OptionType.Channel ? guild?.channels.get(id) : undefined;
  if (user !== undefined) {
    resolved.users[id] = user;
    if (guild?.members.has(id) === true) {
      const { user: _, deaf: __, mute: ___, ...member } = memberPayload(state, guild, id);
      resolved.members[id] = { ...member, permissions: String(guildPermissions(guild, id)) };
    }
  } else if (role !== undefined) resolved.roles[id] = role;
  else if (channel !== undefined && guild !== undefined) {
    const permissionsOf = (userId: Snowflake) => String(channelPermissions(guild, channel, userId));
    resolved.channels[id] = {
      ...channelPayload(state, channel),
      permissions: permissionsOf(input.userId),
      app_permissions: permissionsOf(command.application_id),
    };
  } else if (isUser || type === OptionType.Role || type === OptionType.Channel) {
    throw invalidArgument(`There is no ${OptionType[type].toLowerCase()} ${id} here to choose.`);
  }
}
