// Suggestions while somebody types, and a conversation: the bot asks, waits for that person's answer in that channel, and goes on without
// one when nobody answers.
// Here: `npx node --conditions=@antiphon/source packages/core/examples/dialogue.ts`; in a project of your own: `node dialogue.ts`.
import { createClient, defineCommand, escapeMarkdown, type InteractionContext } from "@antiphon/core";
import { startDiscordSimulator } from "@antiphon/sim/discord";

const library = ["Spem in alium", "Sicut cervus", "Miserere mei", "Mille regretz"];

await using discord = await startDiscordSimulator();
const { world } = discord;
const { applicationId, botUserId, token } = world.addApplication({ name: "Librarian" });
const ann = world.addUser({ username: "ann" });
const ben = world.addUser({ username: "ben" });
const guild = world.addGuild({ name: "Library", ownerId: ann.id });
world.addMember(guild.id, ben.id);
world.addMember(guild.id, botUserId);
const channel = world.addChannel(guild.id, { name: "desk", type: "text" });

await using client = createClient({
  token,
  intents: ["guilds", "guildMessages", "messageContent"],
  api: discord.apiUrl,
});

/** Asks a question and waits for the next message of whoever used the command, there and nowhere else. */
async function ask(context: InteractionContext, question: string, signal: AbortSignal): Promise<string | undefined> {
  // Listening begins before the question is out, so that no answer is too quick.
  const answer = client
    .waitFor(
      "messageCreate",
      ({ data }) => data.author.id === context.user.id && data.channel_id === context.channelId,
      { signal },
    )
    .then(
      ({ data }) => data.content,
      () => undefined, // nobody answered
    );
  await context.reply(question);
  return answer;
}

// A person gets a minute; here the simulated ben is told to wait no longer.
const patience = new AbortController();
client.commands.add(
  defineCommand({
    name: "borrow",
    description: "Borrows a score",
    options: {
      title: {
        type: "string",
        description: "Which one",
        required: true,
      },
    },
    autocomplete: {
      title: ({ focused }) =>
        library
          .filter((title) => title.toLowerCase().startsWith(focused.value.toLowerCase()))
          .map((title) => ({ name: title, value: title })),
    },
    async execute(context) {
      const { title } = context.options;
      const signal = AbortSignal.any([patience.signal, AbortSignal.timeout(60_000)]);
      const days = await ask(context, `For how many days do you need ${escapeMarkdown(title)}?`, signal);
      const verdict =
        days === undefined ? "Come back when you know." : `It is yours for ${Number.parseInt(days, 10)} days.`;
      await context.followUp(verdict);
    },
  }),
);

await client.connect();
await client.commands.register({ guildId: guild.id });

const place = { guildId: guild.id, channelId: channel.id, applicationId, name: "borrow" };
const suggestions = await world.autocomplete({ ...place, userId: ann.id, options: { title: "mi" }, focused: "title" });
console.log("suggested:", suggestions.map(({ name }) => name).join(", "));

/** The next thing that the bot says in the channel. */
const botSays = () =>
  new Promise<string>((resolve) => {
    const subscription = world.on("messageCreate", ({ message }) => {
      if (message.author.id !== botUserId || message.interaction_metadata === undefined) return;
      if (message.message_reference === undefined) return;
      subscription[Symbol.dispose]();
      resolve(message.content);
    });
  });

const asked = await world.invokeCommand({ ...place, userId: ann.id, options: { title: "Miserere mei" } });
console.log("bot:", asked.message?.content);
let said = botSays();
world.sendMessage({ channelId: channel.id, authorId: ben.id, content: "99" }); // somebody else's number is no answer
world.sendMessage({ channelId: channel.id, authorId: ann.id, content: "14 days, please" });
console.log("bot:", await said);

const askedBen = await world.invokeCommand({ ...place, userId: ben.id, options: { title: "Sicut cervus" } });
console.log("bot:", askedBen.message?.content);
said = botSays();
patience.abort();
console.log("bot:", await said);
