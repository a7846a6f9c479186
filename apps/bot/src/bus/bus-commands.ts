import { defineBusCommand, type BusCommand } from "@antiphon/bridge";
import type { Player } from "@antiphon/lavalink";
import type { GuildId } from "@antiphon/protocol/discord";
import { z } from "zod";
import type { MusicService } from "../music/music-service.ts";

const snowflake = z.string().regex(/^\d{1,20}$/, "must be an id");
const inGuild = z.object({ guildId: snowflake });
const guildOf = ({ guildId }: { readonly guildId: string }) => guildId;

/** What plays, for the bus. */
function stateOf(player: Player) {
  const { current, paused, positionMs, volumePercent, channelId, queue } = player;
  const track =
    current === null ? null : { title: current.info.title, artist: current.info.author, uri: current.info.uri ?? null };
  return { channelId, track, paused, positionMs, volumePercent, waiting: queue.length };
}

/** What the bot can be told over the bus. Only services that may publish there can reach it. */
export function busCommands(music: MusicService): Readonly<Record<string, BusCommand>> {
  const steering = (act: (player: Player) => Promise<unknown>) =>
    defineBusCommand({
      schema: inGuild,
      guildOf,
      async run({ guildId }) {
        const player = await music.playing(guildId as GuildId);
        await act(player);
        return stateOf(player);
      },
    });
  return {
    play: defineBusCommand({
      schema: z.object({
        guildId: snowflake,
        channelId: snowflake,
        query: z.string().min(1).max(500),
        requesterId: snowflake,
      }),
      guildOf: ({ guildId }) => guildId,
      async run({ guildId, channelId, query, requesterId }) {
        const { player } = await music.enqueue({
          guildId: guildId,
          channelId: channelId,
          query,
          requesterId,
        });
        return stateOf(player);
      },
    }),
    pause: steering((player) => player.pause()),
    resume: steering((player) => player.resume()),
    skip: steering((player) => player.skip()),
    nowPlaying: steering(async () => {}),
    stop: defineBusCommand({ schema: inGuild, guildOf, run: ({ guildId }) => music.stop(guildId as GuildId) }),
  };
}
