import type { RestTransport, Snowflake } from "@antiphon/protocol/discord";
import { toDisposable } from "@antiphon/std";
import { CoreError } from "../core-error.ts";
import type { Command } from "./command.ts";
import { registerCommands, type RegistrationResult } from "./register-commands.ts";

/** Options of {@link Commands.register}. */
export interface RegisterOptions {
  /** The guild to register in; everywhere when left out. */
  readonly guildId?: Snowflake | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The slash commands of a client. */
export interface Commands {
  /**
   * Adds a command until the returned Disposable is disposed; `register` tells Discord.
   *
   * @throws {@link CoreError} `CORE_HANDLER_DUPLICATE` when a command of this name is there already
   */
  add(command: Command): Disposable;
  /** The commands that were added. */
  list(): readonly Command[];
  /**
   * Makes Discord's list of slash commands equal to ours, sending only what differs. Commands of other types are left alone.
   *
   * @throws {@link CoreError} `CORE_NOT_READY` before the client knows its application; what HTTP throws otherwise
   */
  register(options?: RegisterOptions): Promise<RegistrationResult>;
}

/** The commands with the right to look them up. */
export interface CommandRegistry extends Commands {
  find(name: string): Command | undefined;
  clear(): void;
}

/** Builds a {@link CommandRegistry}. */
export function createCommandRegistry(options: {
  readonly rest: RestTransport;
  readonly applicationId: () => Snowflake;
}): CommandRegistry {
  const commands = new Map<string, Command>();
  return {
    add(command) {
      const { name } = command;
      if (commands.has(name)) {
        throw new CoreError("CORE_HANDLER_DUPLICATE", `A command named "${name}" is there already.`, {
          details: { name },
        });
      }
      commands.set(name, command);
      return toDisposable(() => void commands.delete(name));
    },
    list: () => [...commands.values()],
    register: async ({ guildId, signal } = {}) =>
      registerCommands({
        rest: options.rest,
        applicationId: options.applicationId(),
        commands: [...commands.values()],
        guildId,
        signal,
      }),
    find: (name) => commands.get(name),
    clear: () => commands.clear(),
  };
}
