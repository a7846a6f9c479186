import http from "node:http";
import https from "node:https";
import seyfert, { type BaseInteraction, type Message } from "seyfert";
import type { PeerListener, PeerWorld } from "./peer.ts";
import { servePeer } from "./peer-process.ts";

const { ApiHandler, Client } = seyfert;

/** seyfert's socket knows HTTPS alone and drops the port of an address, so its upgrades are led to the simulator. */
function leadUpgradesTo(port: number): void {
  https.request = ((options: http.RequestOptions, ...rest: []) =>
    http.request({ ...options, hostname: "127.0.0.1", port }, ...rest)) as typeof https.request;
}

servePeer(async (world, listener) => {
  leadUpgradesTo(world.port);
  const client = createClient(world);
  const ready = new Promise<void>((resolve) => {
    client.events.set([
      { data: { name: "botReady", once: false }, run: () => resolve() },
      {
        data: { name: "messageCreate", once: false },
        run: ({ content, author }: Message) => listener.message({ content, authorName: author.username }),
      },
      {
        data: { name: "interactionCreate", once: false },
        run: (interaction: BaseInteraction) => announce(interaction, listener),
      },
    ]);
  });
  await client.start({}, false);
  // Ten seconds, otherwise, after its socket was cut.
  client.gateway.options.reconnectTimeout = 0;
  await client.gateway.spawnShards();
  await ready;
  return {
    async names(guildId, channelId) {
      const guild = await client.guilds.fetch(guildId);
      const channel = await client.channels.fetch(channelId);
      return { guild: guild.name, channel: "name" in channel ? (channel.name ?? "") : "" };
    },
    send: (channelId, content) => client.messages.write(channelId, { content }),
    registerPlay: () =>
      client.proxy
        .applications(world.applicationId)
        .guilds(world.guildId)
        .commands.put({
          body: [
            {
              name: "play",
              description: "Plays a song",
              type: 1,
              options: [{ name: "query", description: "What to play", type: 3, required: true }],
            },
          ],
        }),
    close() {},
  };
});

function announce(interaction: BaseInteraction, listener: PeerListener): void {
  if (!interaction.isChatInput()) return;
  const [option] = interaction.data.options ?? [];
  listener.command({
    name: interaction.data.name,
    query: option !== undefined && "value" in option ? option.value : undefined,
    userName: interaction.user.username,
    reply: (content) => interaction.write({ content }),
    editReply: (content) => interaction.editResponse({ content }),
    followUp: (content) => interaction.followup({ content }),
  });
}

function createClient({ url, token, intents }: PeerWorld) {
  const client = new Client({
    getRC: () => ({ token, intents, locations: { base: "." }, debug: false }),
  });
  client.setServices({ rest: new ApiHandler({ token, domain: url }) });
  return client;
}
