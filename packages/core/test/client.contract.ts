import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { waitFor } from "@antiphon/std";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  actionRow,
  button,
  createMessageBuilder,
  customId,
  defineCommand,
  defineCommandGroup,
  defineSubcommand,
  embed,
  modal,
  type Client,
  type ClientOptions,
  type IntentName,
} from "@antiphon/core";

/** What a client under test is built from. */
export interface ClientSetup {
  readonly apiUrl: string;
  readonly token: string;
  readonly intents: readonly IntentName[];
  /** Further options for `createClient`. */
  readonly options: Partial<ClientOptions>;
}

/** Builds a client on the transport under test. */
export type ClientFactory = (setup: ClientSetup) => Client;

const intents: readonly IntentName[] = ["guilds", "guildMessages", "messageContent", "guildVoiceStates"];

/** A guild with a person in it, and a bot. */
function createScene({ world }: DiscordSimulator, deniedIntents = 0) {
  const application = world.addApplication({ name: "Antiphon", deniedIntents });
  const ann = world.addUser({ username: "ann" });
  const guild = world.addGuild({ name: "Listeners", ownerId: ann.id });
  world.addMember(guild.id, application.botUserId);
  const text = world.addChannel(guild.id, { name: "general", type: "text" });
  const voice = world.addChannel(guild.id, { name: "Lounge", type: "voice" });
  const place = { guildId: guild.id, channelId: text.id, userId: ann.id, applicationId: application.applicationId };
  return { application, ann, guild, text, voice, place };
}

/** The scenario that a client passes on whatever transports it runs. */
export function describeClient(title: string, createClient: ClientFactory): void {
  describe(`${title} against the simulated Discord`, () => {
    let simulator: DiscordSimulator;
    const opened: Client[] = [];

    beforeAll(async () => {
      const voice = { endpoint: "voice.test:443", allocate: () => ({ token: "voice-token" }), release: () => {} };
      simulator = await startDiscordSimulator({ voice });
    });
    afterEach(async () => {
      for (const client of opened.splice(0)) await client.close();
    });
    afterAll(() => simulator.close());

    const build = (token: string, options: Partial<ClientOptions> = {}, asked = intents) => {
      const client = createClient({ apiUrl: simulator.apiUrl, token, intents: asked, options });
      opened.push(client);
      return client;
    };
    const start = async (options: Partial<ClientOptions> = {}) => {
      const scene = createScene(simulator);
      const client = build(scene.application.token, options);
      await client.connect();
      return { ...scene, world: simulator.world, client };
    };

    describe("connecting", () => {
      it("knows itself and its guilds", async () => {
        const { application, guild, text, client } = await start();
        expect([client.state, client.user.id, client.applicationId]).toEqual([
          "connected",
          application.botUserId,
          application.applicationId,
        ]);
        expect(client.cache.guilds.get(guild.id)?.name).toBe("Listeners");
        expect((await client.getChannel(text.id)).id).toBe(text.id);
        expect(client.cache.stats().failures).toBe(0);
      });

      it("rejects a wrong token with a code", async () => {
        const client = build("bm90IGEgdG9rZW4.x.y");
        await expect(client.connect()).rejects.toMatchObject({ code: "CORE_TOKEN_REJECTED" });
        expect(client.state).toBe("idle");
      });

      it("rejects intents that are not enabled with a code", async () => {
        const { application } = createScene(simulator, 1 << 15);
        await expect(build(application.token).connect()).rejects.toMatchObject({ code: "CORE_INTENTS_REJECTED" });
      });

      it("goes on after the connection was cut", async () => {
        const { application, world, text, ann, client } = await start();
        const back = Promise.race([client.waitFor("resumed"), client.waitFor("ready")]);
        world.dropConnections({ applicationId: application.applicationId });
        await back;
        const received = client.waitFor("messageCreate");
        world.sendMessage({ channelId: text.id, authorId: ann.id, content: "still there?" });
        expect((await received).data.content).toBe("still there?");
      });
    });

    describe("messages", () => {
      it("arrive typed and are cached", async () => {
        const { world, text, ann, client } = await start();
        const received = client.waitFor("messageCreate", ({ data }) => data.author.id === ann.id);
        const sent = world.sendMessage({ channelId: text.id, authorId: ann.id, content: "hello" });
        const { data } = await received;
        expect([data.id, data.content, data.author.username]).toEqual([sent.id, "hello", "ann"]);
        expect(client.cache.messages.get(text.id, sent.id)?.content).toBe("hello");
        const deleted = client.waitFor("messageDelete");
        world.deleteMessage({ channelId: text.id, messageId: sent.id });
        await deleted;
        expect(client.cache.messages.get(text.id, sent.id)).toBeUndefined();
      });

      it("are sent without pinging anybody, edited, and deleted", async () => {
        const { world, text, ann, client } = await start();
        const stream = async function* () {
          yield new Uint8Array([1, 2]);
          yield new Uint8Array([3]);
        };
        const { files } = createMessageBuilder()
          .addFile("a.txt", "text", "text/plain")
          .addFile("b.bin", new Uint8Array(5))
          .addFile("c.bin", stream())
          .build();
        const sent = await client.messages.send(text.id, {
          content: `@everyone <@${ann.id}>`,
          embeds: [embed({ title: "t" })],
          files,
        });
        const [message] = world.messages(text.id);
        expect([message?.mention_everyone, message?.mentions, message?.embeds[0]?.title]).toEqual([false, [], "t"]);
        expect(message?.attachments).toMatchObject([
          { filename: "a.txt", size: 4 },
          { filename: "b.bin", size: 5 },
          { filename: "c.bin", size: 3 },
        ]);
        await client.messages.edit(text.id, sent.id, "edited");
        expect(world.messages(text.id)[0]?.content).toBe("edited");
        await client.messages.delete(text.id, sent.id);
        expect(world.messages(text.id)).toEqual([]);
      });
    });

    it("tells a channel that is not there from one that is", async () => {
      const { client } = await start();
      await expect(client.getChannel("1")).rejects.toMatchObject({ code: "CORE_CHANNEL_NOT_FOUND" });
      await expect(client.getGuild("1")).rejects.toMatchObject({ code: "CORE_GUILD_NOT_FOUND" });
    });

    describe("commands", () => {
      it("are registered by difference", async () => {
        const { world, application, guild, client } = await start();
        let updates = 0;
        using _counting = world.on("commandsUpdate", () => void updates++);
        const options = { query: { type: "string", description: "What", required: true } } as const;
        const ping = client.commands.add(defineCommand({ name: "ping", description: "Pong", execute: () => {} }));
        client.commands.add(
          defineCommand({ name: "play", description: "Plays", contexts: ["guild"], options, execute: () => {} }),
        );
        for (const guildId of [undefined, guild.id]) {
          expect((await client.commands.register({ guildId })).created).toEqual(["ping", "play"]);
          const before = updates;
          expect((await client.commands.register({ guildId })).unchanged).toEqual(["ping", "play"]);
          expect(updates).toBe(before);
        }
        ping[Symbol.dispose]();
        expect((await client.commands.register()).deleted).toEqual(["ping"]);
        expect(world.commandsOf(application.applicationId).map((command) => command.name)).toEqual(["play"]);
      });

      it("reply, edit, follow up, and see who was picked", async () => {
        const { world, ann, place, guild, client } = await start();
        const options = {
          who: { type: "user", description: "Who", required: true },
          times: { type: "integer", description: "n", minimum: 1 },
        } as const;
        client.commands.add(
          defineCommand({
            name: "greet",
            description: "Greets",
            contexts: ["guild"],
            options,
            async execute(context) {
              const { who, times = 1 } = context.options;
              await context.reply(`Hello ${who.user.username} × ${times} in ${context.guildId}`);
              await context.editReply({ content: "edited", embeds: [embed({ title: "t" })] });
              await context.followUp({ content: "psst", ephemeral: true });
            },
          }),
        );
        await client.commands.register();
        const edited = waitFor(world, "messageUpdate");
        const followed = waitFor(world, "messageCreate", { filter: ({ message }) => message.content === "psst" });
        const result = await world.invokeCommand({ ...place, name: "greet", options: { who: ann.id, times: 3 } });
        expect(result.outcome).toBe("message");
        await edited;
        expect([result.message?.content, result.message?.embeds[0]?.title]).toEqual(["edited", "t"]);
        expect((await followed).ephemeralTo).toBe(ann.id);
        expect(guild.id).toBe(place.guildId);
      });

      it("have subcommands", async () => {
        const { world, place, client } = await start();
        const clear = defineSubcommand({
          description: "Clears",
          execute: (context) => context.reply(context.commandName),
        });
        client.commands.add(
          defineCommandGroup({
            name: "queue",
            description: "Queue",
            subcommands: { clear, dj: { description: "DJ", subcommands: { clear } } },
          }),
        );
        await client.commands.register();
        expect((await world.invokeCommand({ ...place, name: "queue clear" })).message?.content).toBe("queue clear");
        expect((await world.invokeCommand({ ...place, name: "queue dj clear" })).message?.content).toBe(
          "queue dj clear",
        );
      });

      it("that are slow are deferred in time, and stay private where they want to", async () => {
        const { world, place, client } = await start({ interactions: { autoDeferAfterMs: 1 } });
        for (const [name, ephemeral] of [
          ["open", undefined],
          ["private", true],
        ] as const) {
          client.commands.add(
            defineCommand({
              name,
              description: "Slow",
              async execute(context) {
                await waitFor(world, "interactionResponse", {
                  filter: ({ interactionId }) => interactionId === context.id,
                });
                await context.reply({ content: `late ${name}`, ephemeral });
              },
            }),
          );
        }
        await client.commands.register();
        const open = await world.invokeCommand({ ...place, name: "open" });
        expect([open.outcome, (await open.completed()).content]).toEqual(["deferred", "late open"]);
        const replaced = waitFor(world, "messageCreate", {
          filter: ({ message }) => message.content === "late private",
        });
        expect((await world.invokeCommand({ ...place, name: "private" })).outcome).toBe("deferred");
        expect((await replaced).ephemeralTo).toBe(place.userId);
      });

      it("that fail apologise privately and do not stop the client", async () => {
        const { world, place, client } = await start();
        client.commands.add(
          defineCommand({ name: "fail", description: "Fails", execute: () => Promise.reject(new Error("broken")) }),
        );
        await client.commands.register();
        for (let attempt = 0; attempt < 2; attempt++) {
          const failed = client.waitFor("interactionError");
          const result = await world.invokeCommand({ ...place, name: "fail" });
          const { id, error } = await failed;
          expect([result.ephemeral, result.message?.content.includes(id), (error as Error).message]).toEqual([
            true,
            true,
            "broken",
          ]);
        }
      });

      it("suggest values", async () => {
        const { world, place, client } = await start();
        const autocomplete = {
          query: ({ focused }: { focused: { value: string } }) => [
            { name: `Song ${focused.value}`, value: focused.value },
          ],
        };
        const options = { query: { type: "string", description: "What" } } as const;
        client.commands.add(
          defineCommand({ name: "play", description: "Plays", options, autocomplete, execute: () => {} }),
        );
        await client.commands.register();
        const choices = await world.autocomplete({
          ...place,
          name: "play",
          focused: "query",
          options: { query: "ab" },
        });
        expect(choices).toEqual([{ name: "Song ab", value: "ab" }]);
      });
    });

    it("buttons carry parameters, change their message, and open forms", async () => {
      const { world, place, text, client } = await start();
      const page = (number: string) => button({ customId: customId("page/:page", { page: number }), label: number });
      client.components.add("page/:page", (context) => context.update({ content: `page ${context.parameters.page}` }));
      client.components.add("ask", (context) =>
        context.showModal(modal({ customId: "form/7", title: "t", inputs: [{ customId: "name", label: "Name" }] })),
      );
      client.modals.add("form/:id", (context) =>
        context.reply(`${context.parameters.id}: ${String(context.fields["name"])}`),
      );
      const ask = button({ customId: "ask", label: "Ask" });
      const message = await client.messages.send(text.id, {
        content: "page 1",
        components: [actionRow(page("1"), page("2"), ask)],
      });
      const press = { channelId: text.id, messageId: message.id, userId: place.userId };
      const pressed = await world.pressButton({ ...press, customId: "page/2" });
      expect([pressed.outcome, pressed.message?.content]).toEqual(["update", "page 2"]);
      const asked = await world.pressButton({ ...press, customId: "ask" });
      expect(asked.outcome).toBe("modal");
      const answered = await world.submitModal({
        interactionId: asked.interactionId,
        userId: place.userId,
        fields: { name: "Ann" },
      });
      expect(answered.message?.content).toBe("7: Ann");
    });

    it("follows who is in voice, and joins and leaves itself", async () => {
      const { world, ann, guild, voice, client } = await start();
      const joined = client.waitFor("voiceStateUpdate", ({ data }) => data.user_id === ann.id);
      world.joinVoice({ guildId: guild.id, channelId: voice.id, userId: ann.id });
      await joined;
      expect(client.voiceStates.channelOf(guild.id, ann.id)).toBe(voice.id);

      const { voiceSignaling } = client;
      const own = Promise.withResolvers<unknown>();
      const server = Promise.withResolvers<unknown>();
      using _states = voiceSignaling.onVoiceState((dispatch) => own.resolve(dispatch));
      using _servers = voiceSignaling.onVoiceServer((dispatch) => server.resolve(dispatch));
      await voiceSignaling.updateVoiceState({
        guildId: guild.id,
        channelId: voice.id,
        selfMute: false,
        selfDeaf: true,
      });
      expect(await own.promise).toMatchObject({ guildId: guild.id, userId: client.user.id, channelId: voice.id });
      expect(await server.promise).toEqual({ guildId: guild.id, token: "voice-token", endpoint: "voice.test:443" });
      expect(client.voiceStates.inChannel(guild.id, voice.id).map(({ user_id }) => user_id)).toEqual([
        ann.id,
        client.user.id,
      ]);

      const left = client.waitFor("voiceStateUpdate", ({ data }) => data.user_id === client.user.id);
      await voiceSignaling.updateVoiceState({ guildId: guild.id, channelId: null, selfMute: false, selfDeaf: false });
      await left;
      expect(client.voiceStates.inChannel(guild.id, voice.id).map(({ user_id }) => user_id)).toEqual([ann.id]);
    });
  });
}
