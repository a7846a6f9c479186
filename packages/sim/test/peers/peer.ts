import type { DiscordSimulatorOptions } from "@antiphon/sim/discord";

/** Where a peer finds its world. */
export interface PeerWorld {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The url and `/api`. */
  readonly apiUrl: string;
  readonly port: number;
  readonly token: string;
  readonly applicationId: string;
  readonly guildId: string;
  /** What IDENTIFY asks for: guilds, guild messages and their content. */
  readonly intents: number;
}

/** A slash command that somebody used, as far as the scenario looks at it. */
export interface PeerCommand {
  readonly name: string;
  /** The value of the option `query`. */
  readonly query: unknown;
  readonly userName: string | undefined;
  reply(content: string): Promise<unknown>;
  editReply(content: string): Promise<unknown>;
  followUp(content: string): Promise<unknown>;
}

/** What a peer tells the scenario. */
export interface PeerListener {
  message(message: { readonly content: string; readonly authorName: string }): void;
  command(command: PeerCommand): void;
}

/** A library that is logged in. */
export interface Peer {
  /** The guild's and the channel's name, from the library's cache or, if it has none, by its REST client. */
  names(guildId: string, channelId: string): Promise<{ readonly guild: string; readonly channel: string }>;
  send(channelId: string, content: string): Promise<unknown>;
  /** Registers `/play` with the required text option `query` in the guild. */
  registerPlay(): Promise<unknown>;
  close(): Promise<void> | void;
}

/** Somebody else's Discord library. */
export interface PeerAdapter {
  readonly name: string;
  /** Logs in; resolves when the library says that it is ready. */
  open(world: PeerWorld, listener: PeerListener): Promise<Peer>;
  /** What the library needs of the server. */
  readonly simulator?: DiscordSimulatorOptions;
}
