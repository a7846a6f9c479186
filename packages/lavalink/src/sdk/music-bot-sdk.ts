import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { LavalinkError } from "../error.ts";
import { createLavalink, type Lavalink, type LavalinkOptions } from "../lavalink.ts";
import type { CommandOptions } from "../player.ts";
import { findTracks, musicCommands, type MusicCommand } from "./music-commands.ts";

/** Options of {@link createMusicBotSdk}: those of the client, and these. */
export interface MusicBotSdkOptions extends LavalinkOptions {
  /** The voice channel to play in, when the bot is in none of the guild: as a rule that of who asked. */
  voiceChannelOf(guildId: GuildId, requesterId: string | undefined): ChannelId | undefined;
  /** The prefix of the source that words are searched in. Defaults to `ytsearch`. */
  readonly searchSource?: string;
}

/** What {@link MusicBotSdk.executeCommand} takes. */
export interface ExecuteCommandOptions {
  /** Who asked. */
  readonly requesterId?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Ready-made music bot commands over a list of nodes. */
export interface MusicBotSdk extends AsyncDisposable {
  /** The client beneath, for everything for which there is no command. */
  readonly lavalink: Lavalink;
  /** The names of the commands. */
  readonly commands: readonly string[];
  /** Connects to the nodes; see {@link Lavalink.connect}. */
  start(options?: CommandOptions): Promise<void>;
  /**
   * Runs a command for a guild and gives the text of the reply. Throws `LAVALINK_INVALID_ARGUMENT` for an unknown command or an
   * argument that makes no sense, and what the client throws.
   */
  executeCommand(
    guildId: GuildId,
    command: string,
    argument?: string,
    options?: ExecuteCommandOptions,
  ): Promise<string>;
  /** Adds a command, or replaces the one of this name. */
  registerCommand(name: string, command: MusicCommand): void;
  /** Leaves every channel and closes every connection; idempotent. */
  shutdown(): Promise<void>;
}

/** Builds a {@link MusicBotSdk}; `start` opens it. */
export function createMusicBotSdk(options: MusicBotSdkOptions): MusicBotSdk {
  const { voiceChannelOf, searchSource = "ytsearch", ...client } = options;
  const lavalink = createLavalink(client);
  const commands = new Map(Object.entries(musicCommands));

  const join = async (guildId: GuildId, requesterId: string | undefined, signal: AbortSignal | undefined) => {
    const player = lavalink.players.get(guildId);
    if (player !== undefined) return player;
    const channelId = voiceChannelOf(guildId, requesterId);
    if (channelId !== undefined) return lavalink.join({ guildId, channelId, signal });
    throw new LavalinkError(
      "LAVALINK_INVALID_ARGUMENT",
      `play: guild ${guildId} has no voice channel to play in. Join one first.`,
    );
  };
  return {
    lavalink,
    get commands() {
      return [...commands.keys()];
    },
    start: (command) => lavalink.connect(command),
    async executeCommand(guildId, name, argument = "", { requesterId, signal } = {}) {
      const command = commands.get(name.toLowerCase());
      if (command === undefined) {
        const message = `executeCommand: there is no command "${name}". Known: ${[...commands.keys()].join(", ")}.`;
        throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
      }
      return command({
        lavalink,
        argument: argument.trim(),
        requesterId,
        signal,
        player: lavalink.players.get(guildId),
        join: () => join(guildId, requesterId, signal),
        find: (query) => findTracks(lavalink, query, searchSource, signal),
      });
    },
    registerCommand: (name, command) => void commands.set(name.toLowerCase(), command),
    shutdown: () => lavalink.close(),
    [Symbol.asyncDispose]: () => lavalink.close(),
  };
}
