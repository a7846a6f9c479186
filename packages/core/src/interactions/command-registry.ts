import type { RestTransport, Snowflake } from "@antiphon/protocol/discord";
import { toDisposable } from "@antiphon/std";
import type { ApplicationCommandType } from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";
import { checkId } from "../option-error.ts";
import { commandKey, type AnyCommand } from "./any-command.ts";
import type { Command } from "./command.ts";
import type { MessageCommand, UserCommand } from "./context-menu-command.ts";
import type { EntryPointCommand } from "./entry-point-command.ts";
import { registerCommands, type RegistrationResult } from "./register-commands.ts";

interface CommandByType {
  readonly [ApplicationCommandType.ChatInput]: Command;
  readonly [ApplicationCommandType.User]: UserCommand;
  readonly [ApplicationCommandType.Message]: MessageCommand;
  readonly [ApplicationCommandType.PrimaryEntryPoint]: EntryPointCommand;
}

/** Options of {@link Commands.register}. */
export interface RegisterOptions {
  /** The guild to register in; everywhere when left out. */
  readonly guildId?: Snowflake | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The commands of a client: slash commands, those of context menus, and the entry point. */
export interface Commands {
  /**
   * Adds a command until the returned Disposable is disposed; `register` tells Discord.
   *
   * @throws {@link CoreError} `CORE_HANDLER_DUPLICATE` when a command of this type and name, or another entry point, is there already
   */
  add(command: AnyCommand): Disposable;
  /** The commands that were added. */
  list(): readonly AnyCommand[];
  /**
   * Makes Discord's list of commands equal to ours, sending only what differs. An entry point that is not ours is left alone.
   *
   * @throws {@link CoreError} `CORE_NOT_READY` before the client knows its application, `CORE_OPTION_INVALID` for a guild id that is none; what HTTP throws otherwise
   */
  register(options?: RegisterOptions): Promise<RegistrationResult>;
}

/** The commands with the right to look them up. */
export interface CommandRegistry extends Commands {
  find<Type extends keyof CommandByType>(type: Type, name: string): CommandByType[Type] | undefined;
  clear(): void;
}

/** Builds a {@link CommandRegistry}. */
export function createCommandRegistry(options: {
  readonly rest: RestTransport;
  readonly applicationId: (signal: AbortSignal | undefined) => Snowflake | Promise<Snowflake>;
}): CommandRegistry {
  const commands = new Map<string, AnyCommand>();
  return {
    add(command) {
      const { name, body } = command;
      const key = commandKey(body.type, name);
      if (commands.has(key)) {
        throw new CoreError("CORE_HANDLER_DUPLICATE", `A command named "${name}" is there already.`, {
          details: { name },
        });
      }
      commands.set(key, command);
      return toDisposable(() => void (commands.get(key) === command && commands.delete(key)));
    },
    list: () => [...commands.values()],
    register: async ({ guildId, signal } = {}) =>
      registerCommands({
        rest: options.rest,
        applicationId: await options.applicationId(signal),
        commands: [...commands.values()],
        guildId: guildId === undefined ? undefined : checkId("commands.register", "guildId", guildId),
        signal,
      }),
    // A key holds commands of one type alone.
    find: <Type extends keyof CommandByType>(type: Type, name: string) =>
      commands.get(commandKey(type, name)) as CommandByType[Type] | undefined,
    clear: () => commands.clear(),
  };
}
