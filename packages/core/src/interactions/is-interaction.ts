import type { APIInteraction } from "discord-api-types/v10";

/** Whether a payload has what every interaction needs to be routed and answered; the rest is Discord's word. */
export function isInteraction(data: unknown): data is APIInteraction {
  if (typeof data !== "object" || data === null) return false;
  const { id, token, type } = data as Readonly<Record<string, unknown>>;
  return typeof id === "string" && typeof token === "string" && typeof type === "number";
}
