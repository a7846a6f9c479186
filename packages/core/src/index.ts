export { channel, type ChannelFields, type ChannelTypeName, type OverwriteFields } from "./builders/channel.ts";
export {
  checkbox,
  checkboxGroup,
  fileUpload,
  radioGroup,
  type CheckboxGroupFields,
  type ChoiceInputOption,
  type FileUploadFields,
  type RadioGroupFields,
} from "./builders/choice-input.ts";
export { actionRow, button, type ButtonFields } from "./builders/component.ts";
export { embed, type EmbedField, type EmbedFields } from "./builders/embed.ts";
export { createChannelBuilder, type ChannelBuilder } from "./builders/fluent/channel-builder.ts";
export { createEmbedBuilder, type EmbedBuilder } from "./builders/fluent/embed-builder.ts";
export { createMessageBuilder, type MessageBuilder } from "./builders/fluent/message-builder.ts";
export { createRoleBuilder, type RoleBuilder } from "./builders/fluent/role-builder.ts";
export {
  container,
  file,
  mediaGallery,
  section,
  separator,
  textDisplay,
  thumbnail,
  type ContainerFields,
  type MediaFields,
  type SectionFields,
} from "./builders/layout.ts";
export { message } from "./builders/message.ts";
export { label, modal, type LabelFields, type ModalFields, type TextInputFields } from "./builders/modal.ts";
export { poll, type PollAnswer, type PollFields } from "./builders/poll.ts";
export { rgb } from "./builders/rgb.ts";
export { role, type RoleColor, type RoleFields } from "./builders/role.ts";
export {
  channelSelect,
  mentionableSelect,
  roleSelect,
  stringSelect,
  userSelect,
  type ChannelSelectFields,
  type IdSelectFields,
  type MentionableSelectFields,
  type SelectFields,
  type StringSelectFields,
} from "./builders/select.ts";
export type { Cache, CacheOptions, CacheStats } from "./cache/cache.ts";
export type { CacheAdapter, CacheChange } from "./cache/cache-adapter.ts";
export type { CacheKindStats } from "./cache/cache-collection.ts";
export type { CacheLimits, CacheStorage } from "./cache/cache-collections.ts";
export type {
  CachedGuild,
  CachedMember,
  CachedRole,
  CachedValues,
  CachedVoiceState,
  CacheKind,
} from "./cache/cached-values.ts";
export type { Cached, CacheFields } from "./cache/cache-fields.ts";
export type { CacheMirrorStats } from "./cache/cache-mirror.ts";
export type { CacheView, GuildCacheView, MessageCacheView, NestedCacheView } from "./cache/cache-view.ts";
export type { PackableKind } from "./cache/record-schemas.ts";
export {
  createRedisCacheAdapter,
  type RedisCacheAdapterOptions,
  type RedisCommands,
} from "./cache/redis-cache-adapter.ts";
export type { Client, ClientEvent } from "./client.ts";
export type { ClientState } from "./client-state.ts";
export type { ClientOptions } from "./client-options.ts";
export { computePermissions, type ComputePermissionsInput, type PermissionOverwrite } from "./compute-permissions.ts";
export { CoreError, type CoreErrorCode } from "./core-error.ts";
export { createClient } from "./create-client.ts";
export { createInteractions, type Interactions, type InteractionsOptions } from "./create-interactions.ts";
export { createErrorContext, type ErrorContext, type ErrorPlace } from "./errors/error-context.ts";
export {
  createErrorHandler,
  type ErrorHandler,
  type ErrorHandlerEvent,
  type ErrorHandlerOptions,
  type ErrorRecord,
  type ErrorStats,
} from "./errors/error-handler.ts";
export { errorTable, findErrorRule, type ErrorAction, type ErrorRule } from "./errors/error-table.ts";
export type { RecoveryDecision, RecoveryOptions } from "./errors/recovery.ts";
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
export {
  createInteractionEndpoint,
  type InteractionEndpoint,
  type InteractionEndpointOptions,
  type InteractionEndpointStats,
} from "./http/interaction-endpoint.ts";
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
export type { InteractionDelivery } from "./interactions/delivery.ts";
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
  KnownSettings,
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
export type {
  InteractionErrorEvent,
  InteractionHandler,
  InteractionOptions,
  InteractionOutcome,
  InteractionStats,
} from "./interactions/router.ts";
export type { MessageFields, MessageInput } from "./message-body.ts";
export type { Messages } from "./messages.ts";
export {
  createClientHealth,
  type ClientHealth,
  type ClientHealthEvent,
  type ClientHealthOptions,
  type ClientHealthReport,
  type HealthFinding,
  type HealthStatus,
  type HealthThreshold,
  type HealthThresholds,
} from "./monitoring/client-health.ts";
export type { ClientStats, DispatchStats } from "./monitoring/client-stats.ts";
export type { DurationStats } from "./monitoring/duration-stats.ts";
export type { RequestStats } from "./monitoring/measured-rest.ts";
export type { BreakerStats, RecoveryStats, ObservedShard } from "./monitoring/observed-parts.ts";
export type { ObservedLimiter, PerformanceMetrics } from "./monitoring/performance-metrics.ts";
export {
  createPerformanceMonitor,
  type PerformanceMonitor,
  type PerformanceMonitorOptions,
} from "./monitoring/performance-monitor.ts";
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
