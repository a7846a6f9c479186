import {
  ApplicationCommandType,
  EntryPointCommandHandlerType,
  type RESTPostAPIPrimaryEntryPointApplicationCommandJSONBody,
} from "discord-api-types/v10";
import { checkCommand } from "./check-command.ts";
import { isGuildOnly, settingsBody, type CommandContextName, type CommandSettings } from "./command-settings.ts";
import type { InGuild, InteractionContext } from "./context.ts";
import type { Responder } from "./responder.ts";

/** The launch of an activity as its handler sees it. */
export type EntryPointContext<Contexts extends readonly CommandContextName[] = readonly CommandContextName[]> =
  InteractionContext &
    (Contexts extends readonly ["guild"] ? InGuild : unknown) & {
      readonly kind: "entryPoint";
      readonly commandName: string;
      /** Opens the application's activity; only as the very first answer. */
      readonly launchActivity: Responder["launchActivity"];
    };

/** The command that opens an application's activity from the launcher. */
export interface EntryPointDefinition<
  Contexts extends readonly CommandContextName[],
> extends CommandSettings<Contexts> {
  /** Whether the automatic deferral, and `defer()` without options, is seen by the user alone. Defaults to false. */
  readonly ephemeral?: boolean | undefined;
  /** Answers the launch, with `launchActivity` or a message. Left out, Discord opens the activity by itself. */
  readonly execute?: ((context: EntryPointContext<Contexts>) => Promise<void> | void) | undefined;
}

/** An entry point that is ready to be added to a client. */
export interface EntryPointCommand {
  readonly name: string;
  /** Whether it can only be used in guilds. */
  readonly guildOnly: boolean;
  /** Whether an automatic deferral is seen by the user alone. */
  readonly ephemeral: boolean;
  /** What Discord is told at registration. */
  readonly body: RESTPostAPIPrimaryEntryPointApplicationCommandJSONBody;
  /** Undefined when Discord opens the activity by itself. */
  readonly execute: ((context: EntryPointContext) => Promise<void> | void) | undefined;
}

/**
 * Defines the one entry point of an application that has an activity; it is registered everywhere, never in one guild.
 *
 * @throws {@link CoreError} `CORE_COMMAND_INVALID` when a limit of Discord's is passed; `details.path` names the field
 * @see [Discord Docs/Application Commands/Entry Point Commands]
 */
export function defineEntryPoint<const Contexts extends readonly CommandContextName[] = readonly CommandContextName[]>(
  definition: EntryPointDefinition<Contexts>,
): EntryPointCommand {
  const { name, contexts, ephemeral = false, execute } = definition;
  const { AppHandler, DiscordLaunchActivity } = EntryPointCommandHandlerType;
  const body = {
    type: ApplicationCommandType.PrimaryEntryPoint as const,
    ...settingsBody(definition),
    handler: execute === undefined ? DiscordLaunchActivity : AppHandler,
  };
  checkCommand(body);
  return {
    name,
    guildOnly: isGuildOnly(contexts),
    ephemeral,
    body,
    execute: execute && ((context) => execute(context as EntryPointContext<Contexts>)),
  };
}
