export type {
  AccessTokenOptions,
  BoundEndpoints,
  Endpoint,
  EndpointTraits,
  FileOptions,
  QueryOptions,
  ReasonOptions,
  RouteOptions,
} from "./endpoint.ts";
export { createRoutes, routeTables, type Routes, type RouteTables } from "./routes.ts";
export {
  iterateAuditLog,
  iterateBans,
  iterateEntitlements,
  iterateEventUsers,
  iterateGuilds,
  iterateMembers,
  iterateMessages,
  iteratePollVoters,
  iterateReactions,
  type IterateAfterOptions,
  type IterateEitherOptions,
  type IterateOptions,
} from "./paginate.ts";
