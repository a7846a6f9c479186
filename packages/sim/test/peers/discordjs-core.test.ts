import { Client, GatewayDispatchEvents, InteractionType, type APIInteraction } from "@discordjs/core";
import { REST } from "@discordjs/rest";
import { WebSocketManager } from "@discordjs/ws";
import { ApplicationCommandOptionType, ApplicationCommandType } from "discord-api-types/v10";
import type { PeerCommand, PeerListener } from "./peer.ts";
import { runPeerScenario } from "./peer-scenario.ts";

/** `@discordjs/core`, `@discordjs/ws` and `@discordjs/rest`: the parts of discord.js without its cache. */
runPeerScenario({
  name: "@discordjs/core",
  async open({ apiUrl, token, applicationId, guildId, intents }, listener) {
    const rest = new REST({ api: apiUrl }).setToken(token);
    const gateway = new WebSocketManager({ token, intents, rest });
    const client = new Client({ rest, gateway });
    client.on(GatewayDispatchEvents.MessageCreate, ({ data }) =>
      listener.message({ content: data.content, authorName: data.author.username }),
    );
    client.on(GatewayDispatchEvents.InteractionCreate, ({ data }) => announce(client, data, listener));
    const guildCreated = new Promise((resolve) => client.once(GatewayDispatchEvents.GuildCreate, resolve));
    await gateway.connect();
    await guildCreated;
    return {
      async names(ofGuildId, channelId) {
        const guild = await client.api.guilds.get(ofGuildId);
        const channel = await client.api.channels.get(channelId);
        return { guild: guild.name, channel: channel.name ?? "" };
      },
      send: (channelId, content) => client.api.channels.createMessage(channelId, { content }),
      registerPlay: () =>
        client.api.applicationCommands.bulkOverwriteGuildCommands(applicationId, guildId, [
          {
            name: "play",
            description: "Plays a song",
            type: ApplicationCommandType.ChatInput,
            options: [
              {
                name: "query",
                description: "What to play",
                type: ApplicationCommandOptionType.String,
                required: true,
              },
            ],
          },
        ]),
      async close() {
        await gateway.destroy();
        rest.clearHashSweeper();
        rest.clearHandlerSweeper();
      },
    };
  },
});

function announce(client: Client, interaction: APIInteraction, listener: PeerListener): void {
  if (interaction.type !== InteractionType.ApplicationCommand) return;
  if (interaction.data.type !== ApplicationCommandType.ChatInput) return;
  const [option] = interaction.data.options ?? [];
  const { id, application_id: applicationId, token } = interaction;
  const command: PeerCommand = {
    name: interaction.data.name,
    query: option !== undefined && "value" in option ? option.value : undefined,
    userName: interaction.member?.user.username,
    reply: (content) => client.api.interactions.reply(id, token, { content }),
    editReply: (content) => client.api.interactions.editReply(applicationId, token, { content }),
    followUp: (content) => client.api.interactions.followUp(applicationId, token, { content }),
  };
  listener.command(command);
}
