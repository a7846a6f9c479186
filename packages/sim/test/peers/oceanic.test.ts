import { once } from "node:events";
import { ApplicationCommandOptionTypes, ApplicationCommandTypes, Client, CommandInteraction } from "oceanic.js";
import type { PeerCommand } from "./peer.ts";
import { runPeerScenario } from "./peer-scenario.ts";

runPeerScenario({
  name: "oceanic.js",
  async open({ apiUrl, token, guildId, intents }, listener) {
    const client = new Client({
      auth: `Bot ${token}`,
      rest: { baseURL: `${apiUrl}/v10` },
      gateway: { intents },
    });
    client.on("error", () => {}); // The cut of its socket, after which it reconnects.
    client.on("messageCreate", ({ content, author }) => listener.message({ content, authorName: author.username }));
    client.on("interactionCreate", (interaction) => {
      if (interaction instanceof CommandInteraction) listener.command(commandOf(interaction));
    });
    const ready = once(client, "ready");
    await client.connect();
    await ready;
    return {
      async names(ofGuildId, channelId) {
        const guild = client.guilds.get(ofGuildId);
        return { guild: guild?.name ?? "", channel: guild?.channels.get(channelId)?.name ?? "" };
      },
      send: (channelId, content) => client.rest.channels.createMessage(channelId, { content }),
      registerPlay: () =>
        client.application.bulkEditGuildCommands(guildId, [
          {
            name: "play",
            description: "Plays a song",
            type: ApplicationCommandTypes.CHAT_INPUT,
            options: [
              {
                name: "query",
                description: "What to play",
                type: ApplicationCommandOptionTypes.STRING,
                required: true,
              },
            ],
          },
        ]),
      close: () => client.disconnect(false),
    };
  },
});

function commandOf(interaction: CommandInteraction): PeerCommand {
  return {
    name: interaction.data.name,
    query: interaction.data.options.getString("query"),
    userName: interaction.user.username,
    reply: (content) => interaction.createMessage({ content }),
    editReply: (content) => interaction.editOriginal({ content }),
    followUp: (content) => interaction.createFollowup({ content }),
  };
}
