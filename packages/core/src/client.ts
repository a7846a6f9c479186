import type { MemberRequests } from "@antiphon/gateway";
import type { ApplicationId, Dispatch, RestTransport, Snowflake, VoiceSignaling } from "@antiphon/protocol/discord";
import type { EventOf, EventSource } from "@antiphon/std";
import type { APIUser } from "discord-api-types/v10";
import type { ClientState } from "./client-state.ts";
import type { Cache } from "./cache/cache.ts";
import type { Cached, CacheFields } from "./cache/cache-fields.ts";
import type { CoreError } from "./core-error.ts";
import type { GatewayEvent } from "./gateway-event.ts";
import type { Commands } from "./interactions/command-registry.ts";
import type { PatternHandlers } from "./interactions/component.ts";
import type { Middleware } from "./interactions/middleware.ts";
import type { InteractionErrorEvent, InteractionHandler } from "./interactions/router.ts";
import type { Messages } from "./messages.ts";
import type { ClientStats } from "./monitoring/client-stats.ts";
import type { VoiceStates } from "./voice-states.ts";
import type { WaitOptions } from "./wait-options.ts";

/** Everything that a client emits: the gateway's events under camelCase names, and a few of its own. */
export type ClientEvent =
  | GatewayEvent
  | InteractionErrorEvent
  /** Every dispatch as it came, known or not. */
  | { readonly type: "raw"; readonly dispatch: Dispatch }
  /** A dispatch that this version has no name for. */
  | { readonly type: "unknownDispatch"; readonly name: string; readonly data: unknown; readonly shardId: number }
  /** The gateway has ended for good after it was connected: a reset token, for example. */
  | { readonly type: "connectionFailed"; readonly error: CoreError };

/** A bot's connection to Discord. */
export interface Client<Fields extends CacheFields = CacheFields> extends EventSource<ClientEvent>, AsyncDisposable {
  readonly state: ClientState;
  /** The bot's own user. @throws {@link CoreError} `CORE_NOT_READY` before the first connection */
  readonly user: APIUser;
  /** The id of the bot's application. @throws {@link CoreError} `CORE_NOT_READY` before the first connection */
  readonly applicationId: ApplicationId;
  /** Mean round trip of the last heartbeats in milliseconds; undefined while not known. */
  readonly latencyMs: number | undefined;
  /** Sends requests; what goes through it is counted in {@link Client.stats}. */
  readonly rest: RestTransport;
  readonly cache: Cache<Fields>;
  /** Takes interactions that come over HTTP, through {@link createInteractionEndpoint}; those of the gateway come by themselves. */
  readonly interactions: InteractionHandler;
  readonly commands: Commands;
  /** Handlers of buttons and selects. */
  readonly components: PatternHandlers<"component">;
  /** Handlers of submitted modals. */
  readonly modals: PatternHandlers<"modal">;
  readonly messages: Messages;
  readonly voiceStates: VoiceStates;
  /** What voice and Lavalink clients need of the gateway. */
  readonly voiceSignaling: VoiceSignaling;
  /** Adds a middleware around every handler of interactions. */
  use(middleware: Middleware): void;
  /**
   * Connects, and resolves when the bot is ready and its guilds are in the cache.
   *
   * @throws {@link CoreError} `CORE_TOKEN_REJECTED`, `CORE_INTENTS_REJECTED`, `CORE_CONNECT_FAILED`, `CORE_CLOSED`
   */
  connect(options?: WaitOptions): Promise<void>;
  /** Ends the own gateway's session, so that the bot goes offline, or lets go of the gateway that was passed in; `connect` may follow. */
  disconnect(): Promise<void>;
  /** Drops the connection and opens it again, with the same session where the client's own gateway can resume it. */
  reconnect(options?: WaitOptions): Promise<void>;
  /** Disconnects for good, drops all listeners and handlers, and closes what the client built, but no part that was passed in; idempotent. */
  close(): Promise<void>;
  /** The next event of a type, or of those that pass the filter. @throws {@link CoreError} `CORE_CLOSED` when the client closes before */
  waitFor<Type extends ClientEvent["type"]>(
    type: Type,
    filter?: (event: EventOf<ClientEvent, Type>) => boolean,
    options?: WaitOptions,
  ): Promise<EventOf<ClientEvent, Type>>;
  /** Asks Discord for members of a guild over the gateway, chunk by chunk; what comes is cached, too. */
  readonly requestMembers: MemberRequests["request"];
  /** What the client has done so far; {@link createPerformanceMonitor} makes rates and a report of it. */
  stats(): ClientStats;
  /** A guild from the cache, or else from Discord. @throws {@link CoreError} `CORE_GUILD_NOT_FOUND`, `CORE_REQUEST_FAILED`, `CORE_OPTION_INVALID` */
  getGuild(guildId: Snowflake, options?: WaitOptions): Promise<Cached<Fields, "guilds">>;
  /** A channel from the cache, or else from Discord. @throws {@link CoreError} `CORE_CHANNEL_NOT_FOUND`, `CORE_REQUEST_FAILED`, `CORE_OPTION_INVALID` */
  getChannel(channelId: Snowflake, options?: WaitOptions): Promise<Cached<Fields, "channels">>;
  /**
   * A member from the cache, or else from Discord; what it may do is a task for {@link computePermissions}.
   *
   * @throws {@link CoreError} `CORE_MEMBER_NOT_FOUND`, `CORE_REQUEST_FAILED`, `CORE_OPTION_INVALID`
   */
  getMember(guildId: Snowflake, userId: Snowflake, options?: WaitOptions): Promise<Cached<Fields, "members">>;
}
