import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { createBoundedQueue, waitFor } from "@antiphon/std";
import { GatewayIntentBits } from "discord-api-types/v10";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Peer, PeerAdapter, PeerCommand } from "./peer.ts";

/** A burst that takes three windows of the limit, however well the library foresees it. */
const BURST = { messages: 12, limit: 5, windowMs: 400 };

/** Runs what every library has to be able to do, unmodified, against the simulator. */
export function runPeerScenario(adapter: PeerAdapter): void {
  describe(adapter.name, () => {
    let simulator: DiscordSimulator;
    let peer: Peer | undefined;
    let ids: { guildId: string; channelId: string; userId: string; applicationId: string };
    let messages: ReturnType<typeof createBoundedQueue<{ readonly content: string; readonly authorName: string }>>;
    let commands: ReturnType<typeof createBoundedQueue<PeerCommand>>;

    beforeEach(async () => {
      const burst = { limit: BURST.limit, windowMs: BURST.windowMs };
      simulator = await startDiscordSimulator({
        rateLimits: { routes: { "POST /channels/:channelId/messages": burst } },
        ...adapter.simulator,
      });
      const { world } = simulator;
      const application = world.addApplication({ name: "Jukebox" });
      const user = world.addUser({ username: "ada" });
      const guild = world.addGuild({ name: "Antiphon", ownerId: user.id });
      const channel = world.addChannel(guild.id, { name: "general", type: "text" });
      world.addMember(guild.id, application.botUserId);
      const { applicationId, token } = application;
      ids = { guildId: guild.id, channelId: channel.id, userId: user.id, applicationId };
      messages = createBoundedQueue({ limit: 1_000 });
      commands = createBoundedQueue({ limit: 10 });
      const { url, apiUrl } = simulator;
      const intents = GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages | GatewayIntentBits.MessageContent;
      const port = Number(new URL(url).port);
      peer = await adapter.open(
        { url, apiUrl, port, token, applicationId, guildId: guild.id, intents },
        { message: (message) => messages.push(message), command: (command) => commands.push(command) },
      );
    });

    afterEach(async () => {
      await peer?.close();
      await simulator.close();
    });

    const say = (content: string) =>
      simulator.world.sendMessage({ channelId: ids.channelId, authorId: ids.userId, content });
    /** The next message that a person wrote. */
    const nextMessage = async () => {
      for (let message = await messages.take(); message !== undefined; message = await messages.take())
        if (message.authorName === "ada") return message;
      throw new Error("the queue is closed");
    };

    test("logs in, knows its guild, reads a message and answers", async () => {
      expect(await peer?.names(ids.guildId, ids.channelId)).toEqual({ guild: "Antiphon", channel: "general" });
      say("hello");
      expect(await nextMessage()).toEqual({ content: "hello", authorName: "ada" });
      await peer?.send(ids.channelId, "hi");
      expect(simulator.world.messages(ids.channelId).map(({ content }) => content)).toEqual(["hello", "hi"]);
      expect(simulator.transcript.problems).toEqual([]);
    });

    test("registers a command, answers it, edits the answer and follows up", async () => {
      await peer?.registerPlay();
      expect(simulator.world.commandsOf(ids.applicationId, ids.guildId)).toMatchObject([
        { name: "play", options: [{ name: "query", type: 3, required: true }] },
      ]);
      const invoked = simulator.world.invokeCommand({ ...ids, name: "play", options: { query: "Spiegel im Spiegel" } });
      const command = await commands.take();
      expect(command).toMatchObject({ name: "play", query: "Spiegel im Spiegel", userName: "ada" });
      await command?.reply("Looking");
      const result = await invoked;
      expect(result).toMatchObject({ outcome: "message", message: { content: "Looking" } });
      await command?.editReply("Found it");
      expect(result.message?.content).toBe("Found it");
      await command?.followUp("Playing");
      expect(result.followUps.map(({ content }) => content)).toEqual(["Playing"]);
      expect(simulator.transcript.problems).toEqual([]);
    });

    test("resumes after its socket was cut and gets each message once", async () => {
      const { world } = simulator;
      const resumed = waitFor(world, "sessionResume");
      say("0");
      expect(world.dropConnections()).toBe(1);
      for (let number = 1; number < 10; number++) say(String(number));
      await resumed;
      for (let number = 10; number < 15; number++) say(String(number));
      const seen: string[] = [];
      while (seen.at(-1) !== "14") seen.push((await nextMessage()).content);
      expect(seen).toEqual(Array.from({ length: 15 }, (_, number) => String(number)));
    });

    test("sends a burst that its limit stretches, with nothing lost or doubled", async () => {
      const contents = Array.from({ length: BURST.messages }, (_, number) => `burst ${number}`);
      await Promise.all(contents.map((content) => peer?.send(ids.channelId, content)));
      const sent = simulator.world.messages(ids.channelId).map(({ content }) => content);
      expect(sent.toSorted()).toEqual(contents.toSorted());
    });
  });
}
