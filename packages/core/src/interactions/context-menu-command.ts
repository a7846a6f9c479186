import {
  ApplicationCommandType,
  type APIMessage,
  type RESTPostAPIContextMenuApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { checkCommand } from "./check-command.ts";
import { isGuildOnly, settingsBody, type CommandContextName, type CommandSettings } from "./command-settings.ts";
import type { InGuild, InteractionContext } from "./context.ts";
import type { PickedUser } from "./option.ts";
import type { Responder } from "./responder.ts";

type MenuContext<Contexts extends readonly CommandContextName[]> = InteractionContext &
  (Contexts extends readonly ["guild"] ? InGuild : unknown) & {
    readonly commandName: string;
    /** Opens a modal; only as the very first answer. */
    readonly showModal: Responder["showModal"];
    /** Opens the application's activity; only as the very first answer. */
    readonly launchActivity: Responder["launchActivity"];
  };

/** A command of a user's context menu as its handler sees it. */
export type UserCommandContext<Contexts extends readonly CommandContextName[] = readonly CommandContextName[]> =
  MenuContext<Contexts> & {
    readonly kind: "userCommand";
    /** The user whose menu it was; `user` is who opened it. */
    readonly target: PickedUser;
  };

/** A command of a message's context menu as its handler sees it. */
export type MessageCommandContext<Contexts extends readonly CommandContextName[] = readonly CommandContextName[]> =
  MenuContext<Contexts> & {
    readonly kind: "messageCommand";
    /** The message whose menu it was. */
    readonly target: APIMessage;
  };

interface MenuCommandSettings<Contexts extends readonly CommandContextName[]> extends CommandSettings<Contexts> {
  /** Whether the automatic deferral, and `defer()` without options, is seen by the user alone. Defaults to false. */
  readonly ephemeral?: boolean | undefined;
}

/** A command of users' context menus. */
export interface UserCommandDefinition<
  Contexts extends readonly CommandContextName[],
> extends MenuCommandSettings<Contexts> {
  /** Runs the command; what it throws becomes an apology and an `interactionError`. */
  readonly execute: (context: UserCommandContext<Contexts>) => Promise<void> | void;
}

/** A command of messages' context menus. */
export interface MessageCommandDefinition<
  Contexts extends readonly CommandContextName[],
> extends MenuCommandSettings<Contexts> {
  /** Runs the command; what it throws becomes an apology and an `interactionError`. */
  readonly execute: (context: MessageCommandContext<Contexts>) => Promise<void> | void;
}

interface MenuCommand<Context> {
  readonly name: string;
  /** Whether it can only be used in guilds. */
  readonly guildOnly: boolean;
  /** Whether an automatic deferral is seen by the user alone. */
  readonly ephemeral: boolean;
  execute(context: Context): Promise<void> | void;
}

/** A command of users' context menus that is ready to be added to a client. */
export interface UserCommand extends MenuCommand<UserCommandContext> {
  /** What Discord is told at registration. */
  readonly body: RESTPostAPIContextMenuApplicationCommandsJSONBody & { readonly type: ApplicationCommandType.User };
}

/** A command of messages' context menus that is ready to be added to a client. */
export interface MessageCommand extends MenuCommand<MessageCommandContext> {
  /** What Discord is told at registration. */
  readonly body: RESTPostAPIContextMenuApplicationCommandsJSONBody & { readonly type: ApplicationCommandType.Message };
}

function menuCommand<Type extends ApplicationCommandType.User | ApplicationCommandType.Message>(
  type: Type,
  definition: MenuCommandSettings<readonly CommandContextName[]>,
) {
  const body = { type, ...settingsBody(definition) };
  checkCommand(body);
  const { name, contexts, ephemeral = false } = definition;
  return { name, guildOnly: isGuildOnly(contexts), ephemeral, body };
}

/**
 * Defines a command that stands in the menu of every user, under "Apps"; its name may have capitals and spaces.
 *
 * @throws {@link CoreError} `CORE_COMMAND_INVALID` when a limit of Discord's is passed; `details.path` names the field
 */
export function defineUserCommand<const Contexts extends readonly CommandContextName[] = readonly CommandContextName[]>(
  definition: UserCommandDefinition<Contexts>,
): UserCommand {
  return {
    ...menuCommand(ApplicationCommandType.User, definition),
    // A command for guilds alone is only entered from one, so its context is of the narrower type.
    execute: (context) => definition.execute(context as UserCommandContext<Contexts>),
  };
}

/**
 * Defines a command that stands in the menu of every message, under "Apps"; its name may have capitals and spaces.
 *
 * @throws {@link CoreError} `CORE_COMMAND_INVALID` when a limit of Discord's is passed; `details.path` names the field
 */
export function defineMessageCommand<
  const Contexts extends readonly CommandContextName[] = readonly CommandContextName[],
>(definition: MessageCommandDefinition<Contexts>): MessageCommand {
  return {
    ...menuCommand(ApplicationCommandType.Message, definition),
    execute: (context) => definition.execute(context as MessageCommandContext<Contexts>),
  };
}
