import type { Snowflake } from "@antiphon/protocol/discord";
import {
  ApplicationCommandType,
  ComponentType,
  InteractionType,
  PermissionFlagsBits,
  type APIApplicationCommand,
  type APIApplicationCommandOptionChoice,
} from "discord-api-types/v10";
import { DiscordSimError, invalidArgument, known } from "../sim-error.ts";
import { commandsOf } from "./command.ts";
import { fillOptions, type OptionValue } from "./command-options.ts";
import { createInteraction } from "./interaction.ts";
import type { ApplicationRecord, ChannelRecord, GuildRecord, InteractionRecord, WorldState } from "./state.ts";
import { followInteraction, type InvocationResult } from "./invocation.ts";
import { channelPermissions } from "./permissions.ts";

/** A person uses a slash command. */
export interface CommandUse {
  /** Left out in direct messages. */
  readonly guildId?: Snowflake | undefined;
  /** Where the command is used. */
  readonly channelId: Snowflake;
  /** Who uses it. */
  readonly userId: Snowflake;
  /** Whose command it is. */
  readonly applicationId: Snowflake;
  /** The command's name, followed by those of its subcommand group and subcommand: `playlist add`. */
  readonly name: string;
  /** Option name to value; ids for users, channels and roles. */
  readonly options?: Readonly<Record<string, OptionValue>> | undefined;
}

/** A person uses a component of a message. */
export interface ComponentUse {
  /** Where the message is. */
  readonly channelId: Snowflake;
  /** The message with the component. */
  readonly messageId: Snowflake;
  /** Who uses it. */
  readonly userId: Snowflake;
  /** The component's `custom_id`. */
  readonly customId: string;
}

/** A person sends a form. */
export interface ModalUse {
  /** The interaction that opened it. */
  readonly interactionId: Snowflake;
  /** Who fills it in. */
  readonly userId: Snowflake;
  /** Custom id of each text input to its text. */
  readonly fields: Readonly<Record<string, string>>;
}

function sendCommand(
  state: WorldState,
  use: CommandUse,
  type: InteractionType.ApplicationCommand | InteractionType.ApplicationCommandAutocomplete,
  focused?: string,
): InteractionRecord {
  const application = known(state.applications.get(use.applicationId), "application", use.applicationId);
  const channel = known(state.channels.get(use.channelId), "channel", use.channelId);
  if (channel.guildId !== use.guildId)
    throw invalidArgument(`Channel ${use.channelId} is not in guild ${use.guildId ?? "(none)"}.`);
  const guild = channel.guildId === undefined ? undefined : state.guilds.get(channel.guildId);
  if (guild !== undefined && !guild.members.has(use.userId))
    throw invalidArgument(`User ${use.userId} is no member of guild ${guild.id}.`);
  const [name = "", ...path] = use.name.split(" ");
  const command = findCommand(application, use.guildId, name);
  if (guild !== undefined) checkAllowed(guild, channel, command, use.userId);
  const input = { path, options: use.options ?? {}, userId: use.userId, focused };
  const filled = fillOptions(state, guild, command, input);
  return createInteraction(state, {
    type,
    application,
    userId: use.userId,
    channel,
    commandName: use.name,
    data: {
      id: command.id,
      name,
      type: command.type,
      ...(command.guild_id === undefined ? {} : { guild_id: command.guild_id }),
      ...filled,
    },
  });
}

/** Discord's own client does not offer commands to those who lack UseApplicationCommands or what the command asks of members. */
function checkAllowed(
  guild: GuildRecord,
  channel: ChannelRecord,
  command: APIApplicationCommand,
  userId: Snowflake,
): void {
  const held = channelPermissions(guild, channel, userId);
  if ((held & PermissionFlagsBits.Administrator) !== 0n) return;
  const { default_member_permissions: demanded } = command;
  // An empty bit field leaves the command to administrators.
  const wanted = PermissionFlagsBits.UseApplicationCommands | BigInt(demanded ?? "0");
  if (demanded === "0" || (held & wanted) !== wanted)
    throw invalidArgument(`User ${userId} may not use /${command.name} in channel ${channel.id}.`);
}

function findCommand(
  application: ApplicationRecord,
  guildId: Snowflake | undefined,
  name: string,
): APIApplicationCommand {
  const chatInput = commandsOf(application, guildId).filter(({ type }) => type === ApplicationCommandType.ChatInput);
  const command = chatInput.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = chatInput.map((candidate) => `/${candidate.name}`).join(", ");
  throw invalidArgument(`${application.name} has no command /${name} here; it has ${names === "" ? "none" : names}.`);
}

/** Sends a slash command and waits for the first answer. */
export async function invokeCommand(state: WorldState, use: CommandUse): Promise<InvocationResult> {
  return followInteraction(state, sendCommand(state, use, InteractionType.ApplicationCommand));
}

/** Asks for suggestions. */
export async function autocomplete(
  state: WorldState,
  use: CommandUse & { readonly focused: string },
): Promise<readonly APIApplicationCommandOptionChoice[]> {
  const record = sendCommand(state, use, InteractionType.ApplicationCommandAutocomplete, use.focused);
  const answer = await record.answer;
  if (answer.kind === "autocomplete") return answer.choices;
  throw new DiscordSimError(
    "SIM_DISCORD_INTERACTION_UNANSWERED",
    `/${use.name}: nobody suggested anything for "${use.focused}" within 3 s.`,
  );
}

/** A component of any depth, as far as this module looks into it. */
interface AnyComponent {
  readonly type: ComponentType;
  readonly custom_id?: string;
  readonly disabled?: boolean;
  readonly components?: readonly AnyComponent[];
  readonly accessory?: AnyComponent;
}

function findComponent(components: readonly AnyComponent[], customId: string): AnyComponent | undefined {
  for (const component of components) {
    if (component.custom_id === customId) return component;
    const nested = [
      ...(component.components ?? []),
      ...(component.accessory === undefined ? [] : [component.accessory]),
    ];
    const found = findComponent(nested, customId);
    if (found !== undefined) return found;
  }
  return undefined;
}

function sendComponent(state: WorldState, use: ComponentUse, values: readonly string[] | undefined): InteractionRecord {
  const channel: ChannelRecord = known(state.channels.get(use.channelId), "channel", use.channelId);
  const { message, ephemeralTo } = known(
    channel.messages.get(use.messageId),
    `message in channel ${use.channelId}`,
    use.messageId,
  );
  if (ephemeralTo !== undefined && ephemeralTo !== use.userId)
    throw invalidArgument(`User ${use.userId} does not see message ${message.id}.`);
  const component = findComponent(message.components ?? [], use.customId);
  if (component === undefined) throw invalidArgument(`Message ${message.id} has no component "${use.customId}".`);
  if (component.disabled === true)
    throw invalidArgument(`The component "${use.customId}" of message ${message.id} is disabled.`);
  if ((component.type === ComponentType.Button) !== (values === undefined)) {
    throw invalidArgument(
      `"${use.customId}" is a component of type ${component.type}: press buttons, choose values in select menus.`,
    );
  }
  const applicationId = message.application_id ?? message.author.id;
  return createInteraction(state, {
    type: InteractionType.MessageComponent,
    application: known(state.applications.get(applicationId), "application", applicationId),
    userId: use.userId,
    channel,
    data: { custom_id: use.customId, component_type: component.type, ...(values === undefined ? {} : { values }) },
    message,
  });
}

/** Presses a button and waits for the first answer. */
export async function pressButton(state: WorldState, use: ComponentUse): Promise<InvocationResult> {
  return followInteraction(state, sendComponent(state, use, undefined));
}

/** Chooses in a select menu and waits for the first answer. */
export async function chooseValues(
  state: WorldState,
  use: ComponentUse & { readonly values: readonly string[] },
): Promise<InvocationResult> {
  return followInteraction(state, sendComponent(state, use, use.values));
}

/** Sends a form and waits for the first answer. */
export async function submitModal(state: WorldState, use: ModalUse): Promise<InvocationResult> {
  const opener = [...state.interactions.values()].find(({ id }) => id === use.interactionId);
  if (opener?.modal === undefined) throw invalidArgument(`Interaction ${use.interactionId} has opened no form.`);
  const { modal } = opener;
  const source =
    opener.sourceMessageId === undefined ? undefined : opener.channel.messages.get(opener.sourceMessageId)?.message;
  const components = Object.entries(use.fields).map(([customId, value]) => {
    const field = { type: ComponentType.TextInput, custom_id: customId, value };
    const rows = modal.components as readonly (AnyComponent & { readonly component?: AnyComponent })[];
    if (rows.some((row) => row.component?.custom_id === customId))
      return { type: ComponentType.Label, component: field };
    if (findComponent(rows, customId) === undefined)
      throw invalidArgument(`The form "${modal.custom_id}" has no field "${customId}".`);
    return { type: ComponentType.ActionRow, components: [field] };
  });
  const record = createInteraction(state, {
    type: InteractionType.ModalSubmit,
    application: opener.application,
    userId: use.userId,
    channel: opener.channel,
    data: { custom_id: modal.custom_id, components },
    message: source,
    triggeredBy: opener,
  });
  return followInteraction(state, record);
}
