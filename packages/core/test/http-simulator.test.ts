import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  actionRow,
  button,
  createInteractionEndpoint,
  createInteractions,
  defineCommand,
  type InteractionEndpoint,
  type Interactions,
} from "@antiphon/core";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

describe.each(["body", "callback"] as const)("a bot without a gateway that answers by %s", (firstAnswer) => {
  let simulator: DiscordSimulator;
  let interactions: Interactions;
  let endpoint: InteractionEndpoint;
  let server: Server;
  let url: string;
  let applicationId: string;
  let place: { guildId: string; channelId: string; userId: string; applicationId: string };

  beforeEach(async () => {
    simulator = await startDiscordSimulator();
    const { world } = simulator;
    const application = world.addApplication({ name: "Antiphon" });
    ({ applicationId } = application);
    const ann = world.addUser({ username: "ann" });
    const guild = world.addGuild({ name: "Guild", ownerId: ann.id });
    world.addMember(guild.id, application.botUserId);
    const channel = world.addChannel(guild.id, { name: "general", type: "text" });
    place = { guildId: guild.id, channelId: channel.id, userId: ann.id, applicationId };

    interactions = createInteractions({ token: application.token, api: simulator.apiUrl });
    endpoint = createInteractionEndpoint({ publicKey: application.publicKey, interactions, firstAnswer });
    server = createServer(endpoint.nodeHandler).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(async () => {
    await interactions.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await simulator.close();
  });

  async function serve(command: ReturnType<typeof defineCommand>) {
    interactions.commands.add(command);
    await interactions.commands.register();
    await simulator.world.setInteractionsEndpoint(applicationId, url);
  }

  it("passes Discord's probe, of which one request is forged", async () => {
    await simulator.world.setInteractionsEndpoint(applicationId, url);
    expect(endpoint.stats()).toMatchObject({ requests: 2, pings: 1, unauthorized: 1 });
  });

  it("answers, edits at once, and follows up", async () => {
    const finished = Promise.withResolvers<void>();
    await serve(
      defineCommand({
        name: "play",
        description: "Plays",
        options: { query: { type: "string", description: "What", required: true } },
        async execute(context) {
          await context.reply({ content: "searching", files: [{ name: "list.txt", data: context.options.query }] });
          await context.editReply(`found ${context.options.query}`);
          await context.followUp("playing");
          finished.resolve();
        },
      }),
    );
    const answer = await simulator.world.invokeCommand({ ...place, name: "play", options: { query: "song" } });
    expect(answer.message?.attachments).toMatchObject([{ filename: "list.txt" }]);
    await finished.promise;
    const contents = simulator.world.messages(place.channelId).map(({ content }) => content);
    expect(contents).toEqual(["found song", "playing"]);
  });

  it("changes a message whose button was pressed", async () => {
    await serve(
      defineCommand({
        name: "panel",
        description: "A panel",
        execute: (context) =>
          context.reply({ content: "off", components: [actionRow(button({ customId: "switch/on", label: "On" }))] }),
      }),
    );
    interactions.components.add("switch/:state", (context) =>
      context.update({ content: context.parameters.state, components: [] }),
    );
    const { message } = await simulator.world.invokeCommand({ ...place, name: "panel" });
    await simulator.world.pressButton({ ...place, messageId: message?.id ?? "", customId: "switch/on" });
    expect(simulator.world.messages(place.channelId).map(({ content }) => content)).toEqual(["on"]);
  });
});
