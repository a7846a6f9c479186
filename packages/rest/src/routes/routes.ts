import type { RestTransport } from "@antiphon/protocol/discord";
import {
  applicationRoutes,
  commandRoutes,
  gatewayRoutes,
  monetizationRoutes,
  oauth2Routes,
} from "./application-routes.ts";
import { channelRoutes, threadRoutes } from "./channel-routes.ts";
import { bindEndpoints, type BoundEndpoints } from "./endpoint.ts";
import {
  autoModerationRoutes,
  emojiRoutes,
  inviteRoutes,
  scheduledEventRoutes,
  soundboardRoutes,
  stageInstanceRoutes,
  stickerRoutes,
  templateRoutes,
} from "./guild-asset-routes.ts";
import { guildRoutes, memberRoutes, roleRoutes, userRoutes } from "./guild-routes.ts";
import { interactionRoutes, webhookRoutes } from "./webhook-routes.ts";

/** All routes, as tables: the method and the path of each, and whether it is authenticated. */
export interface RouteTables {
  /** The application, its emojis and the identities of its users. */
  readonly applications: typeof applicationRoutes;
  /** Rules of the automatic moderation. */
  readonly autoModeration: typeof autoModerationRoutes;
  /** Channels, their messages, reactions and polls. */
  readonly channels: typeof channelRoutes;
  /** Application commands, of all guilds and of one. */
  readonly commands: typeof commandRoutes;
  /** Emojis of guilds. */
  readonly emojis: typeof emojiRoutes;
  /** Where to connect, and where voice is served. */
  readonly gateway: typeof gatewayRoutes;
  /** Guilds: what they are, and what is in them. */
  readonly guilds: typeof guildRoutes;
  /** Answers to interactions. */
  readonly interactions: typeof interactionRoutes;
  /** Invites. */
  readonly invites: typeof inviteRoutes;
  /** Members, and who may not be one. */
  readonly members: typeof memberRoutes;
  /** What an application sells. */
  readonly monetization: typeof monetizationRoutes;
  /** Authorization by users. */
  readonly oauth2: typeof oauth2Routes;
  /** Roles. */
  readonly roles: typeof roleRoutes;
  /** Scheduled events. */
  readonly scheduledEvents: typeof scheduledEventRoutes;
  /** Sounds of the soundboard. */
  readonly soundboard: typeof soundboardRoutes;
  /** What is live on stage channels. */
  readonly stageInstances: typeof stageInstanceRoutes;
  /** Stickers. */
  readonly stickers: typeof stickerRoutes;
  /** Templates of guilds. */
  readonly templates: typeof templateRoutes;
  /** Threads and who is in them. */
  readonly threads: typeof threadRoutes;
  /** The user who is logged in, and others. */
  readonly users: typeof userRoutes;
  /** Webhooks, and what they write. */
  readonly webhooks: typeof webhookRoutes;
}

/** All routes, for whoever wants to know what there is; {@link createRoutes} makes functions of them. */
export const routeTables: RouteTables = {
  applications: applicationRoutes,
  autoModeration: autoModerationRoutes,
  channels: channelRoutes,
  commands: commandRoutes,
  emojis: emojiRoutes,
  gateway: gatewayRoutes,
  guilds: guildRoutes,
  interactions: interactionRoutes,
  invites: inviteRoutes,
  members: memberRoutes,
  monetization: monetizationRoutes,
  oauth2: oauth2Routes,
  roles: roleRoutes,
  scheduledEvents: scheduledEventRoutes,
  soundboard: soundboardRoutes,
  stageInstances: stageInstanceRoutes,
  stickers: stickerRoutes,
  templates: templateRoutes,
  threads: threadRoutes,
  users: userRoutes,
  webhooks: webhookRoutes,
};

/** The functions of all routes, by what they are about. */
export type Routes = {
  readonly [Resource in keyof typeof routeTables]: BoundEndpoints<(typeof routeTables)[Resource]>;
};

/**
 * Gives every route of Discord's API v10 as a typed function that sends through a transport: the parts of the path, then the body if
 * there is one, then the options. A function rejects with REST_INVALID_REQUEST when a part of the path cannot be one, and with what
 * the transport rejects with.
 */
export function createRoutes(transport: RestTransport): Routes {
  const bound = Object.entries(routeTables).map(([resource, table]) => [resource, bindEndpoints(table, transport)]);
  return Object.fromEntries(bound) as Routes;
}
