import { startDiscordSimulator } from "@antiphon/sim/discord";
import { createBoundedQueue, waitFor } from "@antiphon/std";
import { GatewayIntentBits } from "discord-api-types/v10";
import { describe, expect, onTestFinished, test } from "vitest";
import type { PeerAdapter, PeerCommand } from "./peer.ts";

/** A burst that takes three windows of the limit, however well the library foresees it. */
const BURST = { messages: 12, limit: 5, windowMs: 400 };
const INTENTS = GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages | GatewayIntentBits.MessageContent;

/** A world with one guild, and in it a person and the peer, which is logged in. */
async function openWorld(adapter: PeerAdapter) {
  const { limit, windowMs } = BURST;
  const rateLimits = { routes: { "POST /channels/:channelId/messages": { limit, windowMs } } };
  const simulator = await startDiscordSimulator({ rateLimits, ...adapter.simulator });
  onTestFinished(() => simulator.close());
  const { world, url, apiUrl } = simulator;
  const { applicationId, token, botUserId } = world.addApplication({ name: "Jukebox" });
  const { id: userId } = world.addUser({ username: "ada" });
  const { id: guildId } = world.addGuild({ name: "Antiphon", ownerId: userId });
  const { id: channelId } = world.addChannel(guildId, { name: "general", type: "text" });
  world.addMember(guildId, botUserId);
  const messages = createBoundedQueue<{ readonly content: string; readonly authorName: string }>({ limit: 1_000 });
  const commands = createBoundedQueue<PeerCommand>({ limit: 10 });
  const peer = await adapter.open(
    { url, apiUrl, port: Number(new URL(url).port), token, applicationId, guildId, intents: INTENTS },
    { message: (message) => messages.push(message), command: (command) => commands.push(command) },
  );
  // What is registered last is done first.
  onTestFinished(async () => peer.close());
  return {
    simulator,
    world,
    peer,
    ids: { guildId, channelId, userId, applicationId },
    /** Something that the person says. */
    say: (content: string) => world.sendMessage({ channelId, authorId: userId, content }),
    contents: () => world.messages(channelId).map(({ content }) => content),
    /** The next message of the person that the peer was told of; some libraries hear themselves, too. */
    async nextMessage() {
      for (let message = await messages.take(); message !== undefined; message = await messages.take())
        if (message.authorName === "ada") return message;
      throw new Error("there are no more messages");
    },
    nextCommand: () => commands.take(),
  };
}

/** Runs what every library has to be able to do, unmodified, against the simulator. */
export function runPeerScenario(adapter: PeerAdapter): void {
  describe(adapter.name, () => {
    test("logs in, knows its guild, reads a message and answers", async () => {
      const { simulator, peer, ids, say, contents, nextMessage } = await openWorld(adapter);
      expect(await peer.names(ids.guildId, ids.channelId)).toEqual({ guild: "Antiphon", channel: "general" });
      say("hello");
      expect(await nextMessage()).toEqual({ content: "hello", authorName: "ada" });
      await peer.send(ids.channelId, "hi");
      expect(contents()).toEqual(["hello", "hi"]);
      expect(simulator.transcript.problems).toEqual([]);
    });

    test("registers a command, answers it, edits the answer and follows up", async () => {
      const { simulator, world, peer, ids, nextCommand } = await openWorld(adapter);
      await peer.registerPlay();
      expect(world.commandsOf(ids.applicationId, ids.guildId)).toMatchObject([
        { name: "play", options: [{ name: "query", type: 3, required: true }] },
      ]);
      const invoked = world.invokeCommand({ ...ids, name: "play", options: { query: "Spiegel im Spiegel" } });
      const command = await nextCommand();
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
      const { world, say, nextMessage } = await openWorld(adapter);
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
      const { peer, ids, contents } = await openWorld(adapter);
      const burst = Array.from({ length: BURST.messages }, (_, number) => `burst ${number}`);
      await Promise.all(burst.map((content) => peer.send(ids.channelId, content)));
      expect(contents().toSorted()).toEqual(burst.toSorted());
    });
  });
}
