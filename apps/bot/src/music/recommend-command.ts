import {
  actionRow,
  button,
  defineCommand,
  embed,
  escapeMarkdown,
  isInGuild,
  truncate,
  type Client,
  type Command,
} from "@antiphon/core";
import type { Lavalink } from "@antiphon/lavalink";
import type { GuildId } from "@antiphon/protocol/discord";
import type { Recommendation, Recommender } from "@antiphon/recommender";
import type { MusicService } from "./music-service.ts";
import { enqueuedView } from "./music-views.ts";
import { historyTrack } from "./play-history.ts";
import { memberChannel } from "./voice-place.ts";

const PICKS = 5;
/** Picks whose buttons still work; older ones are asked for again. */
const REMEMBERED_ANSWERS = 100;

/** Options of {@link addRecommendCommand}. */
export interface RecommendOptions {
  readonly client: Client;
  readonly lavalink: Lavalink;
  readonly music: MusicService;
  readonly recommender: Recommender;
}

/** `/recommend`: what this guild may want to hear next and why, with a button for each pick. */
export function addRecommendCommand({ client, lavalink, music, recommender }: RecommendOptions): Command {
  const answers = new Map<string, readonly Recommendation[]>();

  const picksFor = async (guildId: GuildId, signal: AbortSignal): Promise<readonly Recommendation[]> => {
    const player = lavalink.players.get(guildId);
    const current = player?.current ?? null;
    const queued = (player?.queue.upcoming() ?? []).map(historyTrack);
    // What the nodes find for nothing in particular is what they have: the library of the built-in node.
    const found = await music.search("", { signal }).catch(() => []);
    return recommender.recommend({
      communityId: guildId,
      limit: PICKS,
      seed: current === null ? undefined : historyTrack(current),
      exclude: queued,
      discoverable: found.map(historyTrack),
    });
  };

  client.components.add("recommend:play/:answer/:index", async (context) => {
    if (!isInGuild(context)) return;
    const pick = answers.get(context.parameters.answer)?.[Number(context.parameters.index)];
    if (pick === undefined) {
      await context.reply({ content: "These picks are too old. Ask again with /recommend.", ephemeral: true });
      return;
    }
    const { guildId, userId, signal } = context;
    const channelId = await memberChannel(client, guildId, userId);
    await context.defer();
    const query = /^https?:/iu.test(pick.track.identifier)
      ? pick.track.identifier
      : `${pick.track.artist} ${pick.track.title}`;
    await context.reply(enqueuedView(await music.enqueue({ guildId, channelId, query, requesterId: userId, signal })));
  });

  return defineCommand({
    name: "recommend",
    description: "What to hear next, and why",
    contexts: ["guild"],
    async execute({ id, guildId, reply, defer, signal }) {
      await defer();
      const picks = await picksFor(guildId, signal);
      if (picks.length === 0) {
        await reply("I know nothing of your taste yet. Play something, and ask again.");
        return;
      }
      answers.set(id, picks);
      const oldest = answers.keys().next().value;
      if (answers.size > REMEMBERED_ANSWERS && oldest !== undefined) answers.delete(oldest);
      const lines = picks.map(({ track, reasons }, index) => {
        const name = `**${escapeMarkdown(truncate(track.title, 80))}** by ${escapeMarkdown(truncate(track.artist || "unknown artist", 60))}`;
        return `\`${index + 1}.\` ${name}\n-# ${escapeMarkdown(truncate(reasons.slice(0, 2).join(", "), 200))}`;
      });
      const buttons = picks.map((_, index) =>
        button({ customId: `recommend:play/${id}/${index}`, label: `Play ${index + 1}` }),
      );
      await reply({
        embeds: [embed({ color: 0xf2a65a, author: { name: "What to hear next" }, description: lines.join("\n") })],
        components: [actionRow(...buttons)],
      });
    },
  });
}
