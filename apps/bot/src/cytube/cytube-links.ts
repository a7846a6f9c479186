import type { CoreBus } from "@antiphon/bridge";
import { escapeMarkdown, type Client } from "@antiphon/core";
import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { describeError, type Clock, type Logger, type Random } from "@antiphon/std";
import { BotError } from "../error.ts";
import { durationText } from "../music/track-text.ts";
import { cytubeLine, discordLine } from "./chat-text.ts";
import { openCytubeRoom, type CytubeRoom, type CytubeSettings } from "./cytube-room.ts";
import { createLineBatcher, type LineBatcher } from "./line-batcher.ts";
import { openLinkFile, type CytubeLink } from "./link-file.ts";

/** Channels of Discord's that mirror channels of CyTube's: the chat both ways, and what plays there. */
export interface CytubeLinks extends AsyncDisposable {
  /** Every link, also those whose room could not be entered. */
  readonly links: readonly CytubeLink[];
  /**
   * Mirrors a CyTube channel in a Discord channel, now and after a restart.
   *
   * @throws BotError BOT_CYTUBE_LINKED, BOT_CYTUBE_LIMIT, BOT_CYTUBE_FAILED
   */
  link(link: CytubeLink, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Ends the link of a Discord channel and returns it. @throws BotError BOT_CYTUBE_NOT_LINKED */
  unlink(channelId: ChannelId): Promise<CytubeLink>;
}

/** Options of {@link openCytubeLinks}. */
export interface CytubeLinksOptions {
  readonly client: Client;
  readonly bus: CoreBus;
  readonly settings: CytubeSettings;
  /** Where links outlive the bot. */
  readonly file: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A robot costs a connection to CyTube, which allows a few from one address. */
const MAXIMUM_LINKS = 20;

const RETRY_MS = 60_000;

interface LiveLink {
  readonly room: CytubeRoom;
  readonly lines: LineBatcher;
}

/** Opens the links of the file; their rooms are entered in the background, and tried again while CyTube is away. */
export async function openCytubeLinks(options: CytubeLinksOptions): Promise<CytubeLinks> {
  const { client, bus, settings, clock, random, logger } = options;
  const file = await openLinkFile(options.file);
  const links = new Map(file.value.links.map((link) => [link.channelId, link]));
  const live = new Map<string, LiveLink>();
  const ending = new AbortController();
  const save = () => file.write({ version: 1, links: [...links.values()] });

  const enter = async (link: CytubeLink, signal?: AbortSignal): Promise<void> => {
    const { channelId, cytubeChannel: channel } = link;
    const path = `/channels/${channelId}/messages`;
    const lines = createLineBatcher({
      clock,
      send: (content) => client.rest.request("POST", path, { body: { content, allowed_mentions: { parse: [] } } }),
      onFailure: (error) => logger.warn("CyTube's chat did not reach Discord", { channelId, channel, error }),
    });
    const room = await openCytubeRoom({
      bus,
      settings,
      channel,
      clock,
      random,
      logger,
      signal,
      listener: {
        chat: (username, html) => lines.add(discordLine(username, html)),
        media: ({ title, seconds }) =>
          lines.add(`▶️ **${escapeMarkdown(title.slice(0, 200))}** (${durationText(seconds * 1_000)})`),
      },
    });
    // It may have been unlinked meanwhile.
    if (links.get(channelId) === link) live.set(channelId, { room, lines });
    else await room[Symbol.asyncDispose]();
  };
  const leave = async (channelId: string) => {
    const found = live.get(channelId);
    live.delete(channelId);
    await found?.room[Symbol.asyncDispose]();
    await found?.lines.close();
  };

  client.on(
    "messageCreate",
    ({ data }) => {
      const found = live.get(data.channel_id);
      // What bots say is not for people elsewhere, and our own words came from there.
      if (found === undefined || data.author.bot === true || data.webhook_id !== undefined) return;
      const text = cytubeLine(data);
      if (text === "") return;
      found.room.say(text).catch((error: unknown) => {
        if (ending.signal.aborted) return;
        logger.warn("a message did not reach CyTube", { channelId: data.channel_id, error });
        found.lines.add(`-# ⚠️ That did not reach CyTube: ${escapeMarkdown(describeError(error).slice(0, 200))}`);
      });
    },
    { signal: ending.signal },
  );

  /** Enters the room of a link that outlived a restart, however long CyTube is away. */
  const enterAgain = async (link: CytubeLink): Promise<void> => {
    while (links.get(link.channelId) === link && !ending.signal.aborted) {
      try {
        return await enter(link, ending.signal);
      } catch (error) {
        if (ending.signal.aborted) return;
        logger.warn("a linked CyTube channel cannot be entered; I try again", { ...link, error, retryMs: RETRY_MS });
        await clock.sleep(RETRY_MS, { signal: ending.signal }).catch(() => {});
      }
    }
  };
  // In the background: Discord does not wait for CyTube.
  const entering = Promise.all([...links.values()].map(enterAgain));

  return {
    get links() {
      return [...links.values()];
    },
    async link(link, { signal } = {}) {
      if (links.has(link.channelId)) {
        const known = links.get(link.channelId)?.cytubeChannel;
        throw new BotError("BOT_CYTUBE_LINKED", `This channel mirrors **${known}** already. /cytube unlink ends that.`);
      }
      if (links.size >= MAXIMUM_LINKS)
        throw new BotError(
          "BOT_CYTUBE_LIMIT",
          `There are ${MAXIMUM_LINKS} links already. Unlink another channel first.`,
        );
      // Reserved before the wait: two who ask at once get one link.
      links.set(link.channelId, link);
      try {
        await enter(link, signal);
      } catch (cause) {
        links.delete(link.channelId);
        const message = `I cannot enter **${link.cytubeChannel}** on CyTube: ${describeError(cause)}`;
        throw new BotError("BOT_CYTUBE_FAILED", message, { cause });
      }
      await save();
    },
    async unlink(channelId) {
      const link = links.get(channelId);
      if (link === undefined) throw new BotError("BOT_CYTUBE_NOT_LINKED", "This channel mirrors no CyTube channel.");
      links.delete(channelId);
      await leave(channelId);
      await save();
      return link;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await entering;
      await Promise.all([...live.keys()].map(leave));
    },
  };
}

/** A link as a command names it. */
export function linkOf(guildId: GuildId, channelId: ChannelId, cytubeChannel: string): CytubeLink {
  return { guildId, channelId, cytubeChannel: cytubeChannel.toLowerCase() };
}
