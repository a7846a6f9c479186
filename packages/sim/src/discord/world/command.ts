import type { Snowflake } from "@antiphon/protocol/discord";
import { ApplicationCommandType, type APIApplicationCommand } from "discord-api-types/v10";
import type { ApplicationRecord, WorldState } from "./state.ts";

/** What an application says about a command, after validation. */
export type CommandDraft = Pick<APIApplicationCommand, "name" | "description" | "type"> &
  Partial<
    Pick<
      APIApplicationCommand,
      | "options"
      | "name_localizations"
      | "description_localizations"
      | "default_member_permissions"
      | "nsfw"
      | "contexts"
      | "integration_types"
    >
  >;

/** The commands of one scope, by id: the application's own, or those of a guild. */
export function commandScope(
  application: ApplicationRecord,
  guildId: Snowflake | undefined,
): Map<Snowflake, APIApplicationCommand> {
  if (guildId === undefined) return application.globalCommands;
  const existing = application.guildCommands.get(guildId);
  if (existing !== undefined) return existing;
  const scope = new Map<Snowflake, APIApplicationCommand>();
  application.guildCommands.set(guildId, scope);
  return scope;
}

/** Creates a command, or replaces the one of the same name and type and keeps its id. */
export function putCommand(
  state: WorldState,
  application: ApplicationRecord,
  guildId: Snowflake | undefined,
  draft: CommandDraft,
): { readonly command: APIApplicationCommand; readonly created: boolean } {
  const scope = commandScope(application, guildId);
  const existing = [...scope.values()].find((command) => command.name === draft.name && command.type === draft.type);
  const command = buildCommand(state, application, guildId, draft, existing?.id ?? state.nextId());
  scope.set(command.id, command);
  announce(state, application, guildId);
  return { command, created: existing === undefined };
}

/** Replaces all commands of a scope; those that stay keep their ids. */
export function replaceCommands(
  state: WorldState,
  application: ApplicationRecord,
  guildId: Snowflake | undefined,
  drafts: readonly CommandDraft[],
): APIApplicationCommand[] {
  const scope = commandScope(application, guildId);
  const before = [...scope.values()];
  scope.clear();
  for (const draft of drafts) {
    const existing = before.find((command) => command.name === draft.name && command.type === draft.type);
    const command = buildCommand(state, application, guildId, draft, existing?.id ?? state.nextId());
    scope.set(command.id, command);
  }
  announce(state, application, guildId);
  return [...scope.values()];
}

/** Removes a command; false when there was none. */
export function removeCommand(
  state: WorldState,
  application: ApplicationRecord,
  guildId: Snowflake | undefined,
  commandId: Snowflake,
): boolean {
  const removed = commandScope(application, guildId).delete(commandId);
  if (removed) announce(state, application, guildId);
  return removed;
}

/** Changes parts of a command. */
export function patchCommand(
  state: WorldState,
  application: ApplicationRecord,
  command: APIApplicationCommand,
  draft: CommandDraft,
): APIApplicationCommand {
  const changed = buildCommand(state, application, command.guild_id, draft, command.id);
  commandScope(application, command.guild_id).set(command.id, changed);
  announce(state, application, command.guild_id);
  return changed;
}

function buildCommand(
  state: WorldState,
  application: ApplicationRecord,
  guildId: Snowflake | undefined,
  draft: CommandDraft,
  id: Snowflake,
): APIApplicationCommand {
  return {
    id,
    application_id: application.id,
    version: state.nextId(),
    default_member_permissions: draft.default_member_permissions ?? null,
    type: draft.type,
    name: draft.name,
    name_localizations: draft.name_localizations ?? null,
    description: draft.type === ApplicationCommandType.ChatInput ? draft.description : "",
    description_localizations: draft.description_localizations ?? null,
    dm_permission: true,
    nsfw: draft.nsfw ?? false,
    ...(draft.options === undefined || draft.options.length === 0 ? {} : { options: draft.options }),
    ...(guildId === undefined
      ? { contexts: draft.contexts ?? null, integration_types: draft.integration_types ?? [0] }
      : { guild_id: guildId }),
  };
}

function announce(state: WorldState, application: ApplicationRecord, guildId: Snowflake | undefined): void {
  state.events.emit({
    type: "commandsUpdate",
    applicationId: application.id,
    guildId: guildId,
  });
}

/** The commands that a member of the guild is offered: a guild's own command hides a global one of the same name and type. */
export function commandsOf(application: ApplicationRecord, guildId: Snowflake | undefined): APIApplicationCommand[] {
  const visible = new Map<string, APIApplicationCommand>();
  for (const command of application.globalCommands.values()) visible.set(`${command.type} ${command.name}`, command);
  if (guildId !== undefined) {
    for (const command of application.guildCommands.get(guildId)?.values() ?? [])
      visible.set(`${command.type} ${command.name}`, command);
  }
  return [...visible.values()];
}
