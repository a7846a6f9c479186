import { defineCommandGroup, defineSubcommand, type Command } from "@antiphon/core";
import { BotError } from "../error.ts";
import { linkOf, type CytubeLinks } from "./cytube-links.ts";

/** What CyTube allows as a channel's name. */
const CHANNEL_NAME = /^[\w-]{1,30}$/u;

/** `/cytube`: mirror a CyTube channel in this one. Only for those who manage the server, unless its owners say otherwise. */
export function cytubeCommand(links: CytubeLinks): Command {
  const link = defineSubcommand({
    description: "Mirror a CyTube channel's chat and what plays there in this channel, and this chat there",
    ephemeral: true,
    options: {
      channel: { type: "string", description: "The channel's name on CyTube", required: true, maximumLength: 30 },
    },
    async execute({ guildId, channelId, options, defer, reply, signal }) {
      if (guildId === undefined || channelId === undefined) return;
      if (!CHANNEL_NAME.test(options.channel))
        throw new BotError("BOT_CYTUBE_FAILED", "A CyTube channel's name has letters, digits, - and _ only.");
      await defer({ ephemeral: true });
      await links.link(linkOf(guildId, channelId, options.channel), { signal });
      await reply(`🔗 This channel and **${options.channel}** on CyTube mirror each other now.`);
    },
  });
  const unlink = defineSubcommand({
    description: "End the mirroring in this channel",
    ephemeral: true,
    async execute({ channelId, reply, defer }) {
      if (channelId === undefined) return;
      await defer({ ephemeral: true });
      const { cytubeChannel } = await links.unlink(channelId);
      await reply(`This channel no longer mirrors **${cytubeChannel}**.`);
    },
  });
  const list = defineSubcommand({
    description: "Show which channels mirror what",
    ephemeral: true,
    async execute({ guildId, reply }) {
      const own = links.links.filter((each) => each.guildId === guildId);
      const lines = own.map(({ channelId, cytubeChannel }) => `<#${channelId}> ⇄ **${cytubeChannel}**`);
      await reply({ content: lines.join("\n") || "No channel here mirrors CyTube.", ephemeral: true });
    },
  });
  return defineCommandGroup({
    name: "cytube",
    description: "CyTube channels mirrored here",
    contexts: ["guild"],
    defaultMemberPermissions: ["manageGuild"],
    subcommands: { link, unlink, list },
  });
}
