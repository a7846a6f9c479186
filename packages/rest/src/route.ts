import { snowflakeTimestampMs, type RestMethod } from "@antiphon/protocol/discord";
import type { RouteClass } from "./route-class.ts";

/** What the rate limits need to know about a request. */
export interface Route {
  /** The method and the path without its ids; Discord gives every route a bucket. */
  readonly key: string;
  /** The ids (or tokens) of the top-level resource, for each of which a bucket counts apart. */
  readonly major: string;
  /** Whether the path carries its own token: such routes are exempt from the global limit, and their buckets short-lived. */
  readonly hasToken: boolean;
  readonly routeClass: RouteClass;
  /** The path with its token blacked out, for errors and logs. */
  readonly redactedPath: string;
}

const SNOWFLAKE = /^\d{15,20}$/;
const REDACTED = "[redacted]";
const OLD_MESSAGE_MS = 14 * 24 * 60 * 60 * 1_000;

/** Top-level resources whose id counts apart. @see [Discord Docs/Rate Limits, "Top-level Resources"] */
const majorResources: ReadonlySet<string> = new Set(["channels", "guilds", "webhooks"]);

/** Segments after which a name stands instead of a snowflake: reactions have emojis, invites and templates have codes. */
const beforeNames: ReadonlySet<string> = new Set(["reactions", "invites", "templates"]);

function tokenRoute(method: RestMethod, segments: readonly string[]): Route | undefined {
  const [resource, id = "", token = "", ...rest] = segments;
  const isCallback = resource === "interactions" && token !== "";
  if (!isCallback && !(resource === "webhooks" && token !== "")) return undefined;
  const tail = rest.map((segment) => (SNOWFLAKE.test(segment) ? ":id" : segment));
  return {
    key: `${method} /${[resource, ":id", ":token", ...tail].join("/")}`,
    major: `${id}/${token}`,
    hasToken: true,
    routeClass: "interactions",
    redactedPath: `/${[resource, id, REDACTED, ...rest].join("/")}`,
  };
}

/** Deleting messages older than two weeks counts in a bucket of its own. */
function isOldMessageDelete(method: RestMethod, segments: readonly string[], nowMs: number): boolean {
  const [resource, , kind, id] = segments;
  if (method !== "DELETE" || segments.length !== 4 || resource !== "channels" || kind !== "messages") return false;
  return id !== undefined && SNOWFLAKE.test(id) && nowMs - snowflakeTimestampMs(id) > OLD_MESSAGE_MS;
}

/** Of each method: enough for the paths that a bot uses again and again. */
const REMEMBERED_PATHS = 1_000;

/** Builds a {@link resolveRoute} that remembers what it has worked out; not for deletions, whose route depends on the time. */
export function createRouteResolver(): typeof resolveRoute {
  const known: Readonly<Record<Exclude<RestMethod, "DELETE">, Map<string, Route>>> = {
    GET: new Map(),
    POST: new Map(),
    PUT: new Map(),
    PATCH: new Map(),
  };
  return (method, path, nowMs) => {
    if (method === "DELETE") return resolveRoute(method, path, nowMs);
    const ofMethod = known[method];
    const before = ofMethod.get(path);
    if (before !== undefined) return before;
    const route = resolveRoute(method, path, nowMs);
    if (route.hasToken) return route;
    if (ofMethod.size >= REMEMBERED_PATHS) ofMethod.clear();
    ofMethod.set(path, route);
    return route;
  };
}

/** Names the route of a request; `path` has no query. */
export function resolveRoute(method: RestMethod, path: string, nowMs: number): Route {
  const segments = path.split("/").slice(1);
  const withToken = tokenRoute(method, segments);
  if (withToken !== undefined) return withToken;
  const hasMajor = majorResources.has(segments[0] ?? "") && SNOWFLAKE.test(segments[1] ?? "");
  const parts = segments.map((segment, index) => {
    if (SNOWFLAKE.test(segment)) return ":id";
    const previous = segments[index - 1];
    return previous !== undefined && beforeNames.has(previous) ? ":name" : segment;
  });
  const old = isOldMessageDelete(method, segments, nowMs) ? " old" : "";
  const key = `${method} /${parts.join("/")}${old}`;
  return {
    key,
    major: hasMajor ? (segments[1] as string) : "",
    hasToken: false,
    routeClass: method === "GET" ? "reads" : key.includes("/messages") ? "messages" : "writes",
    redactedPath: path,
  };
}
