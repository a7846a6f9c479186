export { actionRow, button, modal, stringSelect } from "./builders/component.ts";
export type { ButtonFields, ModalFields, StringSelectFields, TextInputFields } from "./builders/component.ts";
export { embed, type EmbedField, type EmbedFields } from "./builders/embed.ts";
export type { Cache, CacheStats, CacheView, GuildCacheView, NestedCacheView } from "./cache/cache.ts";
export type {
  CachedGuild,
  CachedMember,
  CachedRole,
  CachedVoiceState,
  CacheKind,
  CacheLimits,
} from "./cache/cache-collections.ts";
export type { CacheKindStats } from "./cache/cache-collection.ts";
export {
  createMemoryStore,
  type CacheStore,
  type CacheStoreFactory,
  type CacheStoreOptions,
} from "./cache/cache-store.ts";
export type { Client, ClientEvent, ClientState } from "./client.ts";
export type { ClientOptions } from "./client-options.ts";
export { computePermissions, type ComputePermissionsInput, type PermissionOverwrite } from "./compute-permissions.ts";
export { CoreError, type CoreErrorCode } from "./core-error.ts";
export { createClient } from "./create-client.ts";
export {
  channelMention,
  escapeMarkdown,
  escapeMentions,
  roleMention,
  timestamp,
  truncate,
  userMention,
  type TimestampStyle,
} from "./format.ts";
export {
  gatewayEventNames,
  type DispatchData,
  type DispatchName,
  type GatewayEvent,
  type GatewayEventName,
} from "./gateway-event.ts";
export { GatewayIntents, privilegedIntents, resolveIntents, type IntentName } from "./intents.ts";
export type { AutocompleteContext, AutocompleteHandler, AutocompleteHandlers } from "./interactions/autocomplete.ts";
export type { AnyCommand } from "./interactions/any-command.ts";
export {
  defineCommand,
  defineCommandGroup,
  defineSubcommand,
  type Command,
  type CommandContext,
  type CommandDefinition,
  type CommandGroupDefinition,
  type CommandHandler,
  type CommandInput,
  type Subcommand,
  type SubcommandDefinition,
  type SubcommandGroup,
} from "./interactions/command.ts";
export type { CommandContextName, CommandSettings, Localizations } from "./interactions/command-settings.ts";
export type { Commands, RegisterOptions } from "./interactions/command-registry.ts";
export type {
  ComponentContext,
  ModalContext,
  ModalValue,
  PatternHandler,
  PatternHandlers,
} from "./interactions/component.ts";
export {
  defineMessageCommand,
  defineUserCommand,
  type MessageCommand,
  type MessageCommandContext,
  type MessageCommandDefinition,
  type UserCommand,
  type UserCommandContext,
  type UserCommandDefinition,
} from "./interactions/context-menu-command.ts";
export { isInGuild, type InGuild, type InteractionContext, type InteractionDetails } from "./interactions/context.ts";
export { customId, type PatternParameters } from "./interactions/custom-id.ts";
export {
  defineEntryPoint,
  type EntryPointCommand,
  type EntryPointContext,
  type EntryPointDefinition,
} from "./interactions/entry-point-command.ts";
export type { AnyInteractionContext, Middleware } from "./interactions/middleware.ts";
export type {
  ChannelOption,
  NumericOption,
  OptionChoice,
  OptionDefinition,
  OptionDefinitions,
  OptionValues,
  PickedMentionable,
  PickedUser,
  PlainOption,
  StringOption,
} from "./interactions/option.ts";
export type { RegistrationResult } from "./interactions/register-commands.ts";
export type { ReplyFields, ReplyInput, Responder } from "./interactions/responder.ts";
export type { InteractionErrorEvent, InteractionOptions } from "./interactions/router.ts";
export type { MessageFields, MessageInput } from "./message-body.ts";
export type { Messages } from "./messages.ts";
export {
  allPermissions,
  hasPermissions,
  listPermissions,
  Permissions,
  resolvePermissions,
  type PermissionName,
  type PermissionsInput,
} from "./permissions.ts";
export type { VoiceStates } from "./voice-states.ts";
export type { WaitOptions } from "./wait-options.ts";
