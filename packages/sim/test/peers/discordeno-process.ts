import { createBot, createDesiredPropertiesObject } from "discordeno";
import { servePeer } from "./peer-process.ts";

servePeer(async ({ apiUrl, token, guildId, intents }, listener) => {
  const ready = Promise.withResolvers<void>();
  const bot = createBot({
    token,
    intents,
    desiredProperties: createDesiredPropertiesObject({}, true),
    // It waits this long after each shard, the last one included.
    gateway: { spawnShardDelay: 0 },
    events: {
      guildCreate: () => ready.resolve(),
      messageCreate: ({ content, author }) => listener.message({ content, authorName: author.username }),
      interactionCreate(interaction): void {
        const { token: interactionToken } = interaction;
        listener.command({
          name: interaction.data?.name ?? "",
          query: interaction.data?.options?.[0]?.value,
          userName: interaction.user.username,
          reply: (content) => interaction.respond({ content }),
          editReply: (content): Promise<unknown> =>
            bot.helpers.editOriginalInteractionResponse(interactionToken, { content }),
          followUp: (content): Promise<unknown> => bot.helpers.sendFollowupMessage(interactionToken, { content }),
        });
      },
    },
  });
  // Its option for a proxy would take its queues and limits away with it.
  bot.rest.baseUrl = apiUrl;
  await bot.start();
  await ready.promise;
  return {
    async names(ofGuildId, channelId) {
      const guild = await bot.helpers.getGuild(ofGuildId);
      const channel = await bot.helpers.getChannel(channelId);
      return { guild: guild.name, channel: channel.name ?? "" };
    },
    send: (channelId, content) => bot.helpers.sendMessage(channelId, { content }),
    registerPlay: () =>
      bot.helpers.upsertGuildApplicationCommands(guildId, [
        {
          name: "play",
          description: "Plays a song",
          options: [{ name: "query", description: "What to play", type: 3, required: true }],
        },
      ]),
    close: () => bot.shutdown(),
  };
});
