import type { Lavalink, LoadResult, Player, Track } from "@antiphon/lavalink";
import { truncate } from "@antiphon/core";
import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { isAntiphonError } from "@antiphon/std";
import { OWN_FILES } from "../audio/audio-backend.ts";
import { BotError } from "../error.ts";
import type { Arrivals } from "../roles/arrivals.ts";
import type { SearchCache } from "./search-cache.ts";

/** Who wants what, and where they are. */
export interface EnqueueRequest {
  readonly guildId: GuildId;
  /** The voice channel that the bot shall play in. */
  readonly channelId: ChannelId;
  /** An address, or words to search for. */
  readonly query: string;
  readonly requesterId: string;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface EnqueueResult {
  readonly player: Player;
  readonly tracks: readonly Track[];
  /** How many more there were, for which the queue had no room. */
  readonly leftOut: number;
  /** The playlist's name; undefined for a single track. */
  readonly playlistName: string | undefined;
  /** How many tracks play before the first of these; 0 when it starts now. */
  readonly tracksAhead: number;
}

/** The music of all guilds, as commands, buttons and the bus see it. Every failure is a BotError with a sentence for the person. */
export interface MusicService {
  /** Tracks for words. */
  search(words: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly Track[]>;
  /**
   * Finds the query, joins the channel when the bot is in none, and plays or queues it.
   *
   * @throws BotError BOT_NOTHING_FOUND, BOT_LOAD_FAILED, BOT_OTHER_CHANNEL, BOT_CANNOT_JOIN, BOT_QUEUE_FULL
   */
  enqueue(request: EnqueueRequest): Promise<EnqueueResult>;
  /** As `enqueue`, for a track that was found before. */
  enqueueTrack(request: Omit<EnqueueRequest, "query">, track: Track): Promise<EnqueueResult>;
  /** The guild's player, once it is here. @throws BotError BOT_NOT_PLAYING when there is none, or nothing plays */
  playing(guildId: GuildId): Promise<Player>;
  /** Clears the queue, stops, and leaves the voice channel. @throws BotError BOT_NOT_PLAYING */
  stop(guildId: GuildId): Promise<void>;
}

/** Options of {@link createMusicService}. */
export interface MusicServiceOptions {
  readonly lavalink: Lavalink;
  /** The prefix under which the nodes search: `ytsearch`, or `search` for the built-in node's own files. */
  readonly searchPrefix: string;
  /** Where what was found for words is kept for a while. */
  readonly cache: SearchCache;
  /** Players that move to this process, which are waited for. */
  readonly arrivals: Pick<Arrivals, "settled">;
  /** Throws when the bot could not be heard in a voice channel. */
  readonly requireRoom: (guildId: GuildId, channelId: ChannelId) => void;
  /** The most tracks that wait in a guild. */
  readonly maximumQueueLength: number;
}

const ADDRESS = /^https?:\/\/\S+$/iu;

/** Builds a {@link MusicService}. */
export function createMusicService(options: MusicServiceOptions): MusicService {
  const { lavalink, searchPrefix, cache, arrivals, requireRoom, maximumQueueLength } = options;
  // Only web addresses go to a node as they are: a node may know other kinds (files of its own, say) that are not for everybody.
  const identifierOf = (query: string) => (ADDRESS.test(query) ? query : `${searchPrefix}:${query}`);

  const playerFor = async ({ guildId, channelId, signal }: Omit<EnqueueRequest, "query">): Promise<Player> => {
    await arrivals.settled(guildId);
    const known = lavalink.players.get(guildId);
    if (known !== undefined && known.channelId !== channelId)
      throw new BotError("BOT_OTHER_CHANNEL", `I am playing in <#${known.channelId}>. Come and join me there.`);
    if (known === undefined) requireRoom(guildId, channelId);
    try {
      // Also for a known one, which may be joining still.
      return await lavalink.join({ guildId, channelId, selfDeaf: true, signal });
    } catch (cause) {
      if (!isAntiphonError(cause, "LAVALINK_VOICE_TIMEOUT") && !isAntiphonError(cause, "LAVALINK_VOICE_LOST"))
        throw cause;
      const message = `I cannot get into <#${channelId}>. May I see it, connect and speak there, and is there room for one more?`;
      throw new BotError("BOT_CANNOT_JOIN", message, { cause });
    }
  };

  const add = async (
    request: Omit<EnqueueRequest, "query">,
    tracks: readonly Track[],
    playlistName: string | undefined,
  ): Promise<EnqueueResult> => {
    const player = await playerFor(request);
    const idle = player.current === null;
    const tracksAhead = idle ? 0 : player.queue.length + 1;
    const fitting = tracks.slice(0, maximumQueueLength - player.queue.length);
    if (fitting.length === 0) {
      const message = `The queue is full: ${maximumQueueLength} tracks wait. Skip some, or start anew with /stop.`;
      throw new BotError("BOT_QUEUE_FULL", message);
    }
    player.queue.add(fitting, { requesterId: request.requesterId });
    if (idle) await player.play();
    return { player, tracks: fitting, leftOut: tracks.length - fitting.length, playlistName, tracksAhead };
  };

  const service: MusicService = {
    async search(words, { signal } = {}) {
      // An address is typed as a whole, and says itself where it leads. Others' sites are not asked for every letter.
      const isTooShort = searchPrefix !== OWN_FILES && words.trim().length < 3;
      if (isTooShort || /^https?:/iu.test(words.trim())) return [];
      const load = async (context: { readonly signal: AbortSignal }): Promise<readonly Track[]> => {
        const result = await lavalink.load(`${searchPrefix}:${words}`, context);
        return result.type === "search" ? result.tracks : [];
      };
      return (await cache.getOrLoad(`${searchPrefix}:${words}`, load, { signal })) ?? [];
    },
    async enqueue(request) {
      const query = request.query.trim();
      if (query === "") throw nothingFound(query);
      const result = await lavalink.load(identifierOf(query), { signal: request.signal });
      const { tracks, name } = tracksOf(result, query);
      return add(request, tracks, name);
    },
    enqueueTrack: (request, track) => add(request, [track], undefined),
    async playing(guildId) {
      await arrivals.settled(guildId);
      const player = lavalink.players.get(guildId);
      if (player?.current === undefined || player.current === null) {
        throw new BotError("BOT_NOT_PLAYING", "Nothing is playing. Start something with /play.");
      }
      return player;
    },
    async stop(guildId) {
      await arrivals.settled(guildId);
      const player = lavalink.players.get(guildId);
      if (player === undefined) throw new BotError("BOT_NOT_PLAYING", "Nothing is playing.");
      player.queue.clear();
      await player.leave();
    },
  };
  return service;
}

function tracksOf(
  result: LoadResult,
  query: string,
): { readonly tracks: readonly Track[]; readonly name: string | undefined } {
  switch (result.type) {
    case "track":
      return { tracks: [result.track], name: undefined };
    case "playlist":
      if (result.tracks.length > 0) return { tracks: result.tracks, name: result.name };
      break;
    case "search":
      if (result.tracks[0] !== undefined) return { tracks: [result.tracks[0]], name: undefined };
      break;
    case "empty":
      break;
    case "error": {
      const why = result.exception.message ?? "the audio node did not say why";
      throw new BotError("BOT_LOAD_FAILED", `That cannot be played: ${why}`);
    }
  }
  throw nothingFound(query);
}

function nothingFound(query: string): BotError {
  const shown = truncate(query, 100);
  return new BotError(
    "BOT_NOTHING_FOUND",
    `Nothing found for "${shown}". Try other words, or the address of an audio file.`,
  );
}
