import { channelRoutes } from "./channel-routes.ts";
import { commandRoutes } from "./command-routes.ts";
import { directoryRoutes } from "./directory-routes.ts";
import { interactionRoutes } from "./interaction-routes.ts";
import { messageRoutes } from "./message-routes.ts";
import { moderationRoutes } from "./moderation-routes.ts";
import { pinRoutes } from "./pin-routes.ts";
import { roleRoutes } from "./role-routes.ts";
import type { Route } from "./route.ts";
import { webhookRoutes } from "./webhook-routes.ts";

/** A route with its path split into segments, those that start with `:` matching anything. */
interface CompiledRoute {
  readonly route: Route;
  readonly segments: readonly string[];
}

const compiled: readonly CompiledRoute[] = [
  ...directoryRoutes,
  ...channelRoutes,
  ...pinRoutes,
  ...moderationRoutes,
  ...roleRoutes,
  ...messageRoutes,
  ...commandRoutes,
  ...interactionRoutes,
  ...webhookRoutes,
].map((route) => ({ route, segments: route.path.split("/") }));

/** What a method and a path lead to. */
export type RouteMatch =
  | { readonly kind: "found"; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "otherMethod" }
  | { readonly kind: "unknown" };

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] ?? "";
    if (expected.startsWith(":")) params[expected.slice(1)] = actual;
    else if (expected !== actual) return undefined;
  }
  return params;
}

/** Finds the route for a path below `/api/v10`; earlier routes win, so that `@me` comes before ids. */
export function matchRoute(method: string, path: string): RouteMatch {
  let segments: string[];
  try {
    segments = path.split("/").map(decodeURIComponent);
  } catch {
    return { kind: "unknown" }; // A path with a broken percent escape is no path of Discord's.
  }
  let isKnownPath = false;
  for (const { route, segments: pattern } of compiled) {
    const params = matchSegments(pattern, segments);
    if (params === undefined) continue;
    isKnownPath = true;
    if (route.method === method) return { kind: "found", route, params };
  }
  return { kind: isKnownPath ? "otherMethod" : "unknown" };
}
