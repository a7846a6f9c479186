import type { DispatchSource, RestTransport, VoiceSignaling } from "@antiphon/protocol/discord";
import type { Client } from "discord.js";
import { createDispatchSource } from "./dispatch-source.ts";
import { DiscordJsError } from "./discordjs-error.ts";
import { createRestTransport } from "./rest-transport.ts";
import { voiceSignalingOf } from "./voice-signaling.ts";

/** Options of {@link fromDiscordJs}. */
export interface FromDiscordJsOptions {
  /**
   * Logs the client in with it when the gateway is connected, and destroys the client when the gateway is closed. Left out, you
   * call `client.login` and `client.destroy` yourself.
   */
  readonly token?: string | undefined;
}

/** A discord.js client behind Antiphon's ports. */
export interface DiscordJsAdapter {
  /** Its dispatches, and op 4 and the like through its shards. */
  readonly gateway: DispatchSource;
  /** Its HTTP client, within its rate limits. */
  readonly rest: RestTransport;
  /** Its voice dispatches, for a voice or Lavalink client without `core`. */
  readonly voiceSignaling: VoiceSignaling;
}

/**
 * Puts a discord.js client behind Antiphon's ports, so that `createClient({ ...fromDiscordJs(client, { token }), intents })` runs on it.
 * discord.js itself decides which intents are asked for.
 *
 * @throws {@link DiscordJsError} `DISCORDJS_ALREADY_READY` when the client has logged in, because its first dispatches are gone then
 */
export function fromDiscordJs(client: Client, options: FromDiscordJsOptions = {}): DiscordJsAdapter {
  if (client.user !== null) {
    throw new DiscordJsError(
      "DISCORDJS_ALREADY_READY",
      "fromDiscordJs: the client has logged in already. Call it before client.login().",
    );
  }
  const gateway = createDispatchSource({ client, token: options.token });
  return { gateway, rest: createRestTransport(client), voiceSignaling: voiceSignalingOf(client, gateway) };
}
