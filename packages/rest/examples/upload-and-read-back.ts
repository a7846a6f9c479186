// Uploads a file that is made while it is sent, reads a channel back page by page, and shows what an error of the API tells.
// Here: `npx node --conditions=@antiphon/source packages/rest/examples/upload-and-read-back.ts`; in a project of your own:
// `node upload-and-read-back.ts`.
import { createRest, RestError } from "@antiphon/rest";
import { createRoutes, iterateMessages } from "@antiphon/rest/routes";
import { startDiscordSimulator } from "@antiphon/sim/discord";

await using discord = await startDiscordSimulator({ rateLimits: { enforce: false } });
const { world } = discord;
const bot = world.addApplication({ name: "Archivist" });
const guild = world.addGuild({ name: "Archive" });
world.addMember(guild.id, bot.botUserId);
const channel = world.addChannel(guild.id, { name: "records", type: "text" });

await using rest = createRest({ token: bot.token, api: discord.apiUrl });
const { channels } = createRoutes(rest);

/** A report that never stands in memory as a whole; it is taken as fast as the socket takes it. */
async function* report() {
  yield Buffer.from("number,title\n");
  for (let number = 1; number <= 20_000; number++) yield Buffer.from(`${number},record ${number}\n`);
}
const message = await channels.createMessage(
  channel.id,
  { content: "This year's list", attachments: [{ id: "0", description: "all records of the year" }] },
  // A function that opens the stream lets the upload be repeated when a connection breaks; a stream alone can be read once.
  { files: [{ name: "records.csv", data: report, contentType: "text/csv" }] },
);
const [attachment] = message.attachments;
console.log(`${attachment?.filename}: ${attachment?.size} bytes, "${attachment?.description}"`);
const bytes = await (await fetch(attachment?.url ?? "")).text();
console.log(`the last line is "${bytes.trimEnd().split("\n").at(-1)}"`);

// A hundred at a time is what Discord gives; the iterator asks for the next page when it is wanted.
for (let index = 0; index < 120; index++)
  world.sendMessage({ channelId: channel.id, authorId: guild.ownerId, content: `note ${index}` });
let count = 0;
let oldest = "";
for await (const { content } of iterateMessages({ channels }, channel.id, { limit: 500 })) {
  count++;
  oldest = content;
}
console.log(`${count} messages, the oldest: ${oldest}`);

// Discord says which field was wrong; the error says it too, with the route, and never with a token.
try {
  await channels.createMessage(channel.id, {
    embeds: [{ title: "x".repeat(300), fields: [{ name: "", value: "y" }] }],
  });
} catch (error) {
  if (!(error instanceof RestError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
await channels.get("not-an-id").catch((error: unknown) => {
  if (error instanceof RestError) console.log(`${error.code}: ${error.message}`);
});
