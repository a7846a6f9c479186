import { defineCommand, type Command } from "@antiphon/core";
import type { Lavalink } from "@antiphon/lavalink";
import {
  createAutoplayEngine,
  createRecommenderStrategy,
  startAutoplay,
  type AutoplayEngine,
} from "@antiphon/lavalink/autoplay";
import type { GuildId } from "@antiphon/protocol/discord";
import type { Recommender } from "@antiphon/recommender";
import type { Clock, Logger, Random } from "@antiphon/std";
import type { GuildSwitch } from "../guild-switch.ts";
import type { Listeners } from "../music/listeners.ts";
import type { MusicService } from "../music/music-service.ts";
import { historyTrack } from "../music/play-history.ts";

/** Options of {@link createAutoplay}. */
export interface AutoplayOptions {
  readonly listeners: Listeners;
  readonly lavalink: Lavalink;
  readonly music: MusicService;
  readonly recommender: Recommender;
  /** The prefix under which the nodes search. */
  readonly searchPrefix: string;
  /** Which guilds have it on. */
  readonly enabled: GuildSwitch;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What goes on when a queue is empty, and the command that switches it. */
export interface Autoplay extends Disposable {
  readonly command: Command;
}

/** Plays what the recommender chooses for those who listen, in guilds that have switched it on. */
export function createAutoplay(options: AutoplayOptions): Autoplay {
  const { enabled, listeners, lavalink, music, recommender, searchPrefix, clock, random, logger } = options;
  const engines = new Map<GuildId, AutoplayEngine>();

  const recommend = createRecommenderStrategy(
    {
      async recommend({ guildId, seed, limit }) {
        const player = lavalink.players.get(guildId);
        const present = player === undefined ? [] : listeners.in(guildId, player.channelId);
        // What the nodes find for nothing in particular is what they have: the library of the built-in node.
        const found = await music.search("").catch(() => []);
        const picks = await recommender.recommend({
          communityId: guildId,
          limit,
          seed: { ...seed, durationMs: null, identifier: `${seed.artist} ${seed.title}` },
          listeners: present,
          discoverable: found.map(historyTrack),
        });
        return picks.map(({ track, score, reasons }) => ({
          artist: track.artist,
          title: track.title,
          ...(/^https?:/iu.test(track.identifier) ? { identifier: track.identifier } : {}),
          relevance: score,
          reason: reasons[0] ?? "",
        }));
      },
    },
    { searchPrefix },
  );
  const engineFor = (guildId: GuildId): AutoplayEngine => {
    const load = (identifier: string, wait: { readonly signal?: AbortSignal | undefined }) =>
      lavalink.load(identifier, wait);
    const engine = createAutoplayEngine({ guildId, load, strategies: ["recommender"], clock, random, logger });
    engine.registerStrategy("recommender", recommend);
    return engine;
  };
  const running = startAutoplay({
    lavalink,
    clock,
    engineOf(guildId) {
      if (!enabled.has(guildId)) return undefined;
      const engine = engines.get(guildId) ?? engineFor(guildId);
      engines.set(guildId, engine);
      return engine;
    },
    onPick: (guildId, { track, reason }) =>
      logger.info("autoplay goes on", { guildId, title: track.info.title, reason }),
    onError: (guildId, error) => logger.warn("autoplay found nothing to go on with", { guildId, error }),
  });
  lavalink.on("playerDestroy", ({ guildId }) => void engines.delete(guildId));

  const command = defineCommand({
    name: "autoplay",
    description: "When the queue is empty, go on with what those who listen may like",
    contexts: ["guild"],
    options: { on: { type: "boolean", description: "Whether to go on", required: true } },
    async execute({ guildId, options: { on }, reply }) {
      await enabled.set(guildId, on);
      await reply(
        on ? "♾️ When the queue is empty, I go on with what you may like." : "When the queue is empty, I stop.",
      );
    },
  });
  return { command, [Symbol.dispose]: () => running[Symbol.dispose]() };
}
