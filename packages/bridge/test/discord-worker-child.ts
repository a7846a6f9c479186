import { createClient, defineCommand } from "@antiphon/core";
import { createRest } from "@antiphon/rest";
import { createDiscordWorker } from "../src/discord/index.ts";
import { connectFleetBus, readFleetConfig, say } from "./discord-child.ts";

const { token, apiUrl, applicationId, replicas, ...config } = readFleetConfig();
const bus = await connectFleetBus({ replicas, ...config });
const worker = createDiscordWorker({ bus, applicationId, replicas, leaseMs: config.leaseMs });
const rest = createRest({ token, api: apiUrl, sharedLimiter: worker.limiter });
const client = createClient({
  intents: ["guilds", "guildMessages", "messageContent"],
  gateway: worker.gateway,
  rest,
  guildTimeoutMs: 0,
});
client.commands.add(
  defineCommand({
    name: "ping",
    description: "Answers.",
    async execute({ interaction, reply }) {
      say({ interaction: interaction.id });
      await reply("Pong!");
      say({ answered: interaction.id });
    },
  }),
);
client.on("messageCreate", ({ data }) => say({ guild: data.guild_id, content: data.content }));
client.on("interactionError", ({ error }) => say({ problem: String(error) }));
await client.connect();
say({ ready: true });
