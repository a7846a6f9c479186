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
import {
  createM3uPlaylist,
  type PlaylistEntry,
  type PlaylistGenerator,
  type PlaylistType,
} from "@antiphon/recommender/playlists";
import { isAntiphonError } from "@antiphon/std";
import { BotError } from "../error.ts";
import type { MusicService } from "../music/music-service.ts";
import { memberChannel } from "../music/voice-place.ts";

const SHOWN = 10;
const LENGTH = 25;
/** Playlists whose button still works; older ones are asked for again. */
const REMEMBERED = 100;

const names: Readonly<Record<PlaylistType, string>> = {
  similarRecent: "Like what you heard lately",
  discovery: "New to you",
  trending: "Heard here most of late",
  mood: "By mood",
  prompt: "By prompt",
};

/** Options of {@link addPlaylistCommand}. */
export interface PlaylistCommandOptions {
  readonly client: Client;
  readonly music: MusicService;
  readonly playlists: PlaylistGenerator;
}

function lineOf({ track, reason }: PlaylistEntry, index: number): string {
  const name = `**${escapeMarkdown(truncate(track.title, 60))}** by ${escapeMarkdown(truncate(track.artist || "unknown artist", 40))}`;
  return `\`${index + 1}.\` ${name}\n-# ${escapeMarkdown(truncate(reason, 70))}`;
}

/** `/playlist`: a playlist for who asks, with reasons, as a file, and with a button that plays it. */
export function addPlaylistCommand({ client, music, playlists }: PlaylistCommandOptions): Command {
  const remembered = new Map<string, readonly PlaylistEntry[]>();

  client.components.add("playlist:play/:answer", async (context) => {
    if (!isInGuild(context)) return;
    const { guildId, userId, signal } = context;
    const entries = remembered.get(context.parameters.answer);
    if (entries === undefined) {
      await context.reply({ content: "This playlist is too old. Ask again with /playlist.", ephemeral: true });
      return;
    }
    const channelId = await memberChannel(client, guildId, userId);
    await context.defer();
    let queued = 0;
    for (const { track } of entries) {
      const query = /^https?:/iu.test(track.identifier) ? track.identifier : `${track.artist} ${track.title}`;
      try {
        await music.enqueue({ guildId, channelId, query, requesterId: userId, signal });
        queued++;
      } catch (error) {
        // What no node finds any more is left out, and a full queue takes no more; anything else ends it.
        if (isAntiphonError(error, "BOT_QUEUE_FULL") && queued > 0) break;
        if (!isAntiphonError(error, "BOT_NOTHING_FOUND")) throw error;
      }
    }
    if (queued === 0) throw new BotError("BOT_NOTHING_FOUND", "None of these tracks can be found any more.");
    await context.reply(`▶️ ${queued} of ${entries.length} tracks are in the queue.`);
  });

  return defineCommand({
    name: "playlist",
    description: "A playlist for you, from what is heard here",
    contexts: ["guild"],
    options: {
      type: {
        type: "string",
        description: "What kind",
        required: true,
        choices: Object.entries(names).map(([value, name]) => ({ name, value: value as PlaylistType })),
      },
      prompt: {
        type: "string",
        description: "For “By prompt”: artist:(Björk) tag:(trip hop):2 … or for “By mood”: calm, happy, …",
        maximumLength: 500,
      },
    },
    async execute({ id, guildId, userId, options, defer, reply }) {
      const { type, prompt } = options;
      if ((type === "prompt" || type === "mood") && prompt === undefined)
        throw new BotError("BOT_PLAYLIST_INVALID", "Say in `prompt` what it shall be made of.");
      await defer();
      const settings = {
        limit: LENGTH,
        communityId: guildId,
        ...(type === "mood" ? { mood: prompt?.toLowerCase() as "calm" } : {}),
        ...(type === "prompt" ? { prompt } : {}),
      };
      const { entries, notes } = await playlists.generatePlaylist(userId, type, settings);
      if (entries.length === 0) {
        const why = notes.slice(0, 3).map((note) => `-# ${escapeMarkdown(truncate(note, 200))}`);
        const advice = "I found nothing for that. Play more here, or bring your history with /import, and ask again.";
        await reply([advice, ...why].join("\n"));
        return;
      }
      remembered.set(id, entries);
      const oldest = remembered.keys().next().value;
      if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      const more = entries.length > SHOWN ? [`-# and ${entries.length - SHOWN} more, in the file`] : [];
      const lines = [
        ...entries.slice(0, SHOWN).map(lineOf),
        ...more,
        ...notes.slice(0, 2).map((note) => `-# ${escapeMarkdown(truncate(note, 100))}`),
      ];
      const file = createM3uPlaylist(entries.map(({ track }) => track));
      await reply({
        embeds: [embed({ color: 0xf2a65a, author: { name: names[type] }, description: lines.join("\n") })],
        components: [
          actionRow(button({ customId: `playlist:play/${id}`, label: "Play it", emoji: "▶️", style: "success" })),
        ],
        files: [{ name: "playlist.m3u8", data: new TextEncoder().encode(file), contentType: "audio/x-mpegurl" }],
      });
    },
  });
}
