import { isInGuild, type Client, type ComponentContext } from "@antiphon/core";
import type { Player } from "@antiphon/lavalink";
import type { MusicService } from "./music-service.ts";
import { nowPlayingView, queueView } from "./music-views.ts";
import { trackMark } from "./track-text.ts";
import { requireListener } from "./voice-place.ts";

/** Answers the buttons under the bot's messages. */
export function addMusicButtons({ client, music }: { readonly client: Client; readonly music: MusicService }): void {
  const steering =
    <Context extends ComponentContext>(act: (player: Player, context: Context) => Promise<void>) =>
    async (context: Context): Promise<void> => {
      if (!isInGuild(context)) return;
      const player = await music.playing(context.guildId);
      await requireListener(client, player, context.userId);
      await act(player, context);
    };

  client.components.add(
    "music:pause",
    steering(async (player, { update }) => {
      await player.pause();
      await update(nowPlayingView(player));
    }),
  );
  client.components.add(
    "music:resume",
    steering(async (player, { update }) => {
      await player.resume();
      await update(nowPlayingView(player));
    }),
  );
  client.components.add(
    "music:skip/:track",
    steering(async (player, { update, parameters }) => {
      // Of two who press at once both mean this track, and an old message means one that is over.
      if (parameters.track === trackMark(player.current)) await player.skip();
      await update(nowPlayingView(player));
    }),
  );
  client.components.add(
    "music:stop",
    steering(async (player, { update }) => {
      await music.stop(player.guildId);
      await update({ content: "⏹️ Stopped. Until next time!", embeds: [], components: [] });
    }),
  );
  client.components.add("music:queue/:page", async (context) => {
    if (!isInGuild(context)) return;
    const view = queueView(await music.playing(context.guildId), Number.parseInt(context.parameters.page, 10) || 0);
    // Turning a page changes the queue's own message; from elsewhere the queue is a new one, for the person alone.
    const turning = context.message.embeds[0]?.author?.name === "Queue";
    await (turning ? context.update(view) : context.reply({ ...view, ephemeral: true }));
  });
}
