import { defineCommand, type Client, type Command } from "@antiphon/core";
import type { Player } from "@antiphon/lavalink";
import type { GuildId, UserId } from "@antiphon/protocol/discord";
import type { MusicService } from "./music-service.ts";
import { enqueuedView, nowPlayingView, queueView } from "./music-views.ts";
import { plainTrackLine, trackLine } from "./track-text.ts";
import { memberChannel, requireListener } from "./voice-place.ts";

const MAXIMUM_CHOICE_VALUE_LENGTH = 100;

/** The commands that play and steer music. */
export function musicCommands({
  client,
  music,
}: {
  readonly client: Client;
  readonly music: MusicService;
}): readonly Command[] {
  const steer = async (guildId: GuildId, userId: UserId): Promise<Player> => {
    const player = await music.playing(guildId);
    await requireListener(client, player, userId);
    return player;
  };

  const play = defineCommand({
    name: "play",
    description: "Play a track, or add it to the queue",
    contexts: ["guild"],
    options: {
      query: {
        type: "string",
        description: "Words to search for, or the address of an audio file",
        required: true,
        maximumLength: 500,
      },
    },
    autocomplete: {
      async query({ focused, signal }) {
        const tracks = await music.search(focused.value, { signal });
        return tracks.map((track) => ({
          name: plainTrackLine(track),
          value: `${track.info.author} ${track.info.title}`.trim().slice(0, MAXIMUM_CHOICE_VALUE_LENGTH),
        }));
      },
    },
    async execute({ guildId, userId, options, reply, defer, signal }) {
      const channelId = await memberChannel(client, guildId, userId);
      await defer();
      const result = await music.enqueue({ guildId, channelId, query: options.query, requesterId: userId, signal });
      await reply(enqueuedView(result));
    },
  });

  const queue = defineCommand({
    name: "queue",
    description: "Show what plays and what comes next",
    contexts: ["guild"],
    options: { page: { type: "integer", description: "Which page, from 1", minimum: 1 } },
    async execute({ guildId, options, reply }) {
      await reply(queueView(await music.playing(guildId), (options.page ?? 1) - 1));
    },
  });

  const skip = defineCommand({
    name: "skip",
    description: "Skip to the next track",
    contexts: ["guild"],
    async execute({ guildId, userId, reply }) {
      const player = await steer(guildId, userId);
      const skipped = player.current;
      await player.skip();
      const next = player.current === null ? "The queue is empty." : `Now ${trackLine(player.current)}.`;
      await reply(`⏭️ Skipped ${skipped === null ? "it" : trackLine(skipped)}. ${next}`);
    },
  });

  const pause = defineCommand({
    name: "pause",
    description: "Pause the music",
    contexts: ["guild"],
    async execute({ guildId, userId, reply }) {
      const player = await steer(guildId, userId);
      await player.pause();
      await reply(nowPlayingView(player));
    },
  });

  const resume = defineCommand({
    name: "resume",
    description: "Go on with the music",
    contexts: ["guild"],
    async execute({ guildId, userId, reply }) {
      const player = await steer(guildId, userId);
      await player.resume();
      await reply(nowPlayingView(player));
    },
  });

  const stop = defineCommand({
    name: "stop",
    description: "Stop the music, clear the queue and leave",
    contexts: ["guild"],
    async execute({ guildId, userId, reply }) {
      await steer(guildId, userId);
      await music.stop(guildId);
      await reply("⏹️ Stopped. Until next time!");
    },
  });

  const nowPlaying = defineCommand({
    name: "nowplaying",
    description: "Show what plays now",
    contexts: ["guild"],
    async execute({ guildId, reply }) {
      await reply(nowPlayingView(await music.playing(guildId)));
    },
  });

  return [play, queue, skip, pause, resume, stop, nowPlaying];
}
