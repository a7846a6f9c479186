import { ApplicationCommandType } from "discord-api-types/v10";
import type { Command } from "./command.ts";
import type { MessageCommand, UserCommand } from "./context-menu-command.ts";
import type { EntryPointCommand } from "./entry-point-command.ts";

/** A command of any type: a slash command, one of a context menu, or the entry point. */
export type AnyCommand = Command | UserCommand | MessageCommand | EntryPointCommand;

/** What a command is known by; there is only one entry point, whatever its name. */
export function commandKey(type: ApplicationCommandType | undefined, name: string): string {
  return type === ApplicationCommandType.PrimaryEntryPoint
    ? `${type}`
    : `${type ?? ApplicationCommandType.ChatInput} ${name}`;
}
