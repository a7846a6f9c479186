import { once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { Client, CommandInteraction, Constants } from "eris";
import type { PeerCommand } from "./peer.ts";
import { servePeer } from "./peer-process.ts";

/** An agent by which eris, which knows HTTPS alone, speaks HTTP with the simulator. */
function plainAgent(port: number): Agent {
  const agent = new Agent({ keepAlive: true });
  return Object.assign(agent, { protocol: "https:", createConnection: () => connect(port, "127.0.0.1") });
}

servePeer(async ({ port, token, guildId, intents }, listener) => {
  const agent = plainAgent(port);
  const client = new Client(`Bot ${token}`, {
    intents: [intents],
    // By its type an agent speaks HTTPS.
    rest: { domain: "127.0.0.1", agent: agent as never },
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
    send: (channelId, content) => client.createMessage(channelId, content),
    registerPlay: () =>
      client.bulkEditGuildCommands(guildId, [
        {
          name: "play",
          description: "Plays a song",
          type: Constants.ApplicationCommandTypes.CHAT_INPUT,
          options: [
            {
              name: "query",
              description: "What to play",
              type: Constants.ApplicationCommandOptionTypes.STRING,
              required: true,
            },
          ],
        },
      ]),
    close() {
      client.disconnect({ reconnect: false });
      agent.destroy();
    },
  };
});

function commandOf(interaction: CommandInteraction): PeerCommand {
  const [option] = interaction.data.options ?? [];
  return {
    name: interaction.data.name,
    query: option !== undefined && "value" in option ? option.value : undefined,
    userName: interaction.member?.username,
    reply: (content) => interaction.createMessage(content),
    editReply: (content) => interaction.editOriginalMessage(content),
    followUp: (content) => interaction.createFollowup(content),
  };
}
