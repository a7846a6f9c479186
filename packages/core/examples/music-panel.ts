// A music bot's control panel: a slash command answers with components of the second version, buttons change the message in place, and a
// form asks for a wish. The people who use it are simulated; the bot is exactly what it would be on Discord.
// Here: `npx node --conditions=@antiphon/source packages/core/examples/music-panel.ts`; in a project of your own: `node music-panel.ts`.
import {
  actionRow,
  button,
  container,
  createClient,
  customId,
  defineCommand,
  modal,
  section,
  separator,
  textDisplay,
  type MessageFields,
} from "@antiphon/core";
import { startDiscordSimulator } from "@antiphon/sim/discord";

// For the real Discord leave `api` out and bring a token.
await using discord = await startDiscordSimulator();
const { applicationId, botUserId, token } = discord.world.addApplication({ name: "Panel" });
const ann = discord.world.addUser({ username: "ann" });
const guild = discord.world.addGuild({ name: "Listeners", ownerId: ann.id });
const channel = discord.world.addChannel(guild.id, { name: "general", type: "text" });
discord.world.addMember(guild.id, botUserId);

await using client = createClient({ token, intents: ["guilds"], api: discord.apiUrl });

const queue = ["Spem in alium", "Miserere mei"];

/** The panel as plain data; limits of Discord are checked here, and not by an error 400 later. */
function panel(): MessageFields {
  const [now = "nothing", ...next] = queue;
  const skip = button({
    customId: customId("panel:skip/:title", { title: now }),
    label: "Skip",
    disabled: queue.length === 0,
  });
  const lines = next.map((title, index) => `${index + 1}. ${title}`).join("\n") || "nothing waits";
  return {
    components: [
      container({
        accentColor: 0x2f6f4f,
        components: [
          section({ texts: ["## Now playing", now], accessory: skip }),
          separator(),
          textDisplay(lines),
          actionRow(button({ customId: "panel:wish", label: "Make a wish", style: "primary" })),
        ],
      }),
    ],
  };
}

client.commands.add(
  defineCommand({
    name: "panel",
    description: "Shows what plays",
    contexts: ["guild"],
    execute: (context) => context.reply(panel()),
  }),
);
// The parameter in the pattern is typed; it tells which track the button was about, so that two people do not skip two tracks.
client.components.add("panel:skip/:title", async (context) => {
  if (queue[0] === context.parameters.title) queue.shift();
  await context.update(panel());
});
client.components.add("panel:wish", (context) =>
  context.showModal(
    modal({
      customId: "panel:wished",
      title: "A wish",
      inputs: [{ customId: "title", label: "Which piece?", maximumLength: 80 }],
    }),
  ),
);
client.modals.add("panel:wished", async (context) => {
  queue.push(String(context.fields["title"]));
  await context.update(panel());
  await context.followUp({ content: `**${queue.at(-1)}** is in the queue`, ephemeral: true });
});
client.on("interactionError", ({ error }) => console.log("a handler failed:", error));

await client.connect();
console.log("commands created:", (await client.commands.register({ guildId: guild.id })).created);

// What ann does.
const answer = await discord.world.invokeCommand({
  guildId: guild.id,
  channelId: channel.id,
  userId: ann.id,
  applicationId,
  name: "panel",
});
const messageId = answer.message?.id ?? "";
const use = { channelId: channel.id, messageId, userId: ann.id };
const texts = () =>
  JSON.stringify(answer.message?.components)
    .match(/"content":"[^"]*"/g)
    ?.map((text) => text.slice(11, -1)) ?? [];
console.log("shown:", texts());

await discord.world.pressButton({ ...use, customId: customId("panel:skip/:title", { title: "Spem in alium" }) });
console.log("after a skip:", texts());

const opened = await discord.world.pressButton({ ...use, customId: "panel:wish" });
console.log("the form:", opened.modal?.title);
await discord.world.submitModal({
  interactionId: opened.interactionId,
  userId: ann.id,
  fields: { title: "Harbour lights" },
});
console.log("after a wish:", texts());
