import type { RestTransport } from "@antiphon/protocol/discord";

/** The id of the application that a token belongs to. */
export async function applicationIdOf(rest: RestTransport, signal?: AbortSignal): Promise<string> {
  const application = await rest.request<{ readonly id: string }>("GET", "/applications/@me", { signal });
  return application.id;
}
