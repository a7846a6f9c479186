import { filterPresets, type FilterPresetName } from "../filter-presets.ts";
import { LavalinkError } from "../error.ts";
import type { Lavalink } from "../lavalink.ts";
import { tracksOf } from "../load.ts";
import type { Player } from "../player.ts";
import type { LoopMode } from "../queue.ts";
import type { Track } from "../track.ts";

/** What a command of {@link MusicBotSdk} is given. */
export interface MusicCommandContext {
  readonly lavalink: Lavalink;
  /** What follows the command's name; empty where nothing does. */
  readonly argument: string;
  readonly requesterId: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** The guild's player; undefined where the bot is in no channel. */
  readonly player: Player | undefined;
  /** The guild's player, for which the voice channel is joined if need be. */
  join(): Promise<Player>;
  /** What a query finds: an address, or the words of a search. */
  find(query: string): Promise<readonly Track[]>;
}

/** Does something and gives the reply. */
export type MusicCommand = (context: MusicCommandContext) => Promise<string> | string;

const QUEUE_LINES = 10;
const LOOP_MODES: ReadonlySet<string> = new Set<LoopMode>(["off", "track", "queue"]);
const SILENCE = "Nothing is playing.";

/** The commands that every kit knows. */
export const musicCommands: Readonly<Record<string, MusicCommand>> = {
  async play({ argument, find, join, requesterId, signal }) {
    const given = argument === "" ? undefined : await find(argument);
    if (given?.length === 0) return `Nothing was found for "${argument}".`;
    const player = await join();
    const options = { signal, ...(requesterId === undefined ? {} : { requesterId }) };
    if (given === undefined) {
      const track = await player.play(undefined, options);
      return track === null ? "The queue is empty." : `Now playing: ${nameOf(track)}`;
    }
    const [first, ...rest] = given as [Track, ...Track[]];
    if (player.current !== null) {
      player.queue.add(given, options);
      return rest.length === 0 ? `Queued: ${nameOf(first)}` : `Queued ${given.length} tracks`;
    }
    player.queue.add(rest, options);
    await player.play(first, options);
    return `Now playing: ${nameOf(first)}`;
  },
  queue: ({ player }) => (player === undefined ? "The queue is empty." : formatQueue(player)),
  nowplaying({ player }) {
    const track = player?.current ?? null;
    if (player === undefined || track === null) return SILENCE;
    const length = track.info.isStream ? "live" : formatTime(track.info.length);
    return `Now playing: ${nameOf(track)} [${formatTime(player.positionMs)} / ${length}]`;
  },
  async skip({ player, signal }) {
    if (player === undefined || isSilent(player)) return SILENCE;
    const next = await player.skip({ signal });
    return next === null ? "Skipped; the queue is empty." : `Now playing: ${nameOf(next)}`;
  },
  async previous({ player, signal }) {
    const track = (await player?.previous({ signal })) ?? null;
    return track === null ? "Nothing was played before." : `Now playing: ${nameOf(track)}`;
  },
  async pause({ player, signal }) {
    if (player === undefined || isSilent(player)) return SILENCE;
    await player.pause({ signal });
    return "Paused.";
  },
  async resume({ player, signal }) {
    if (player === undefined || isSilent(player)) return SILENCE;
    await player.resume({ signal });
    return "Resumed.";
  },
  async stop({ player, signal }) {
    if (player === undefined) return SILENCE;
    player.queue.clear();
    await player.stop({ signal });
    return "Stopped, and the queue cleared.";
  },
  async volume({ player, argument, signal }) {
    if (player === undefined) return SILENCE;
    if (argument === "") return `Volume: ${player.volumePercent} %`;
    await player.setVolume(numberOf("volume", argument), { signal });
    return `Volume: ${player.volumePercent} %`;
  },
  async seek({ player, argument, signal }) {
    if (player === undefined || isSilent(player)) return SILENCE;
    const seconds = argument.split(":").reduce((sum, part) => sum * 60 + numberOf("seek", part), 0);
    await player.seek(seconds * 1000, { signal });
    return `At ${formatTime(seconds * 1000)}.`;
  },
  shuffle({ player }) {
    player?.queue.shuffle({ fair: true });
    return "Shuffled; everybody in turn.";
  },
  clear: ({ player }) => `Removed ${player?.queue.clear() ?? 0} tracks.`,
  remove({ player, argument }) {
    if (player === undefined) return "The queue is empty.";
    return `Removed: ${nameOf(player.queue.remove(numberOf("remove", argument) - 1))}`;
  },
  loop({ player, argument }) {
    if (player === undefined) return SILENCE;
    if (!LOOP_MODES.has(argument)) throw invalid(`loop: "${argument}" is not off, track or queue.`);
    player.queue.loop = argument as LoopMode;
    return `Loop: ${argument}`;
  },
  async filter({ player, argument, signal }) {
    if (player === undefined) return SILENCE;
    if (argument === "off") {
      await player.filters.clear({ signal });
      return "Filters: none";
    }
    if (!Object.hasOwn(filterPresets, argument)) {
      throw invalid(`filter: there is no "${argument}". Use off or one of: ${Object.keys(filterPresets).join(", ")}.`);
    }
    await player.filters.use(argument as FilterPresetName, { signal });
    return `Filters: ${[...player.filters.layers.keys()].join(", ")}`;
  },
  async leave({ player }) {
    await player?.leave();
    return "Bye.";
  },
};

/** The tracks that a query leads to: all of an address or a list, the best one of a search. */
export async function findTracks(
  lavalink: Lavalink,
  query: string,
  source: string,
  signal: AbortSignal | undefined,
): Promise<readonly Track[]> {
  const isIdentifier = URL.canParse(query) || /^[a-z]+search:/.test(query);
  const result = await (isIdentifier ? lavalink.load(query, { signal }) : lavalink.search(query, source, { signal }));
  const tracks = tracksOf(result);
  return result.type === "search" ? tracks.slice(0, 1) : tracks;
}

function isSilent({ current }: Player): boolean {
  return current === null;
}

function nameOf({ info }: Track): string {
  return `${info.title} by ${info.author}`;
}

function formatQueue(player: Player): string {
  const { current, queue } = player;
  const upcoming = queue.upcoming(QUEUE_LINES);
  if (current === null && upcoming.length === 0) return "The queue is empty.";
  const more = queue.length - upcoming.length;
  return [
    current === null ? SILENCE : `Now playing: ${nameOf(current)}`,
    ...upcoming.map((track, index) => `${index + 1}. ${nameOf(track)}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join("\n");
}

function formatTime(positionMs: number): string {
  const seconds = Math.floor(positionMs / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

function numberOf(command: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw invalid(`${command}: "${text}" is not a number.`);
}

function invalid(message: string): LavalinkError {
  return new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}
