// A bot without a connection: Discord posts interactions to a URL, signed with Ed25519, and the bot answers in the response. Forged
// requests get 401, as Discord demands before it accepts the URL.
// Here: `npx node --conditions=@antiphon/source packages/core/examples/interactions-over-http.ts`; in a project of your own:
// `node interactions-over-http.ts`.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { actionRow, button, createInteractionEndpoint, createInteractions, defineCommand } from "@antiphon/core";
import { startDiscordSimulator } from "@antiphon/sim/discord";

await using discord = await startDiscordSimulator();
const { world } = discord;
const { applicationId, botUserId, publicKey, token } = world.addApplication({ name: "Serverless" });
const ann = world.addUser({ username: "ann" });
const guild = world.addGuild({ name: "Guild", ownerId: ann.id });
const channel = world.addChannel(guild.id, { name: "general", type: "text" });
world.addMember(guild.id, botUserId);

// Commands, components and forms are the same as with a gateway; what registers and follows up goes over HTTP.
await using interactions = createInteractions({ token, api: discord.apiUrl });
let votes = 0;
interactions.commands.add(
  defineCommand({
    name: "vote",
    description: "Asks for votes",
    execute: (context) =>
      context.reply({ content: "Encore?", components: [actionRow(button({ customId: "vote:yes", label: "Yes" }))] }),
  }),
);
interactions.components.add("vote:yes", (context) => context.update(`Encore? ${++votes} say yes`));

// `endpoint.fetch` takes a Request and gives a Response, for platforms that speak those; `nodeHandler` is for node:http.
const endpoint = createInteractionEndpoint({ publicKey, interactions });
const server = createServer(endpoint.nodeHandler).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

await interactions.commands.register();
// What the developer portal does when the URL is saved: a signed PING, and one with a wrong signature.
await world.setInteractionsEndpoint(applicationId, url);
const { pings, unauthorized } = endpoint.stats();
console.log(`accepted after ${pings} ping; refused as forged: ${unauthorized}`);

const answer = await world.invokeCommand({
  guildId: guild.id,
  channelId: channel.id,
  userId: ann.id,
  applicationId,
  name: "vote",
});
console.log("answered:", answer.message?.content);
const use = { channelId: channel.id, messageId: answer.message?.id ?? "", userId: ann.id };
await world.pressButton({ ...use, customId: "vote:yes" });
await world.pressButton({ ...use, customId: "vote:yes" });
console.log("after two presses:", answer.message?.content);

const forged = await fetch(url, { method: "POST", body: '{"type":1}' });
console.log(`a request without a signature: ${forged.status}`);

await world.setInteractionsEndpoint(applicationId, null);
server.closeAllConnections();
server.close();
await once(server, "close");
