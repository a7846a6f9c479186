import { ApplicationCommandOptionType, type APIApplicationCommandOption, type APIMessage } from "discord-api-types/v10";
import { describeError } from "@antiphon/std";
import { z } from "zod";
import type { Listener } from "./listener.ts";
import type { PageCommand, PageMember, PageMessage, ServerMessage } from "./page-protocol.ts";
import type { PlaygroundWorld } from "./world.ts";

const id = z.string().regex(/^\d{1,20}$/);
const values = z
  .array(z.object({ name: z.string().max(32), value: z.union([z.string().max(6_000), z.number(), z.boolean()]) }))
  .max(25);

/** What a page may ask for, checked because anything on this machine can connect. */
export const pageMessageSchema: z.ZodType<PageMessage> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("send"), channelId: id, content: z.string().min(1).max(2_000) }),
  z.object({ type: z.literal("command"), channelId: id, name: z.string().max(100), options: values }),
  z.object({
    type: z.literal("complete"),
    requestId: z.number().int(),
    channelId: id,
    name: z.string().max(100),
    options: values,
    focused: z.string().max(32),
  }),
  z.object({ type: z.literal("press"), channelId: id, messageId: id, customId: z.string().max(100) }),
  z.object({ type: z.literal("joinVoice"), channelId: id.nullable() }),
]);

/** Options of {@link createPageSession}. */
export interface PageSessionOptions {
  readonly playground: PlaygroundWorld;
  readonly listener: Listener;
  readonly send: (message: ServerMessage) => void;
}

/** One open page. */
export interface PageSession extends Disposable {
  receive(message: PageMessage): Promise<void>;
}

/** Tells a page what happens in the simulated world, and does there what the person asks. */
export function createPageSession({ playground, listener, send }: PageSessionOptions): PageSession {
  const { discord, voice, guildId, application, me } = playground;
  const { world } = discord;
  const ending = new AbortController();
  const options = { signal: ending.signal };

  send(helloOf(playground, listener));
  for (const type of ["messageCreate", "messageUpdate"] as const) {
    world.on(
      type,
      ({ channelId, message, ephemeralTo }) => {
        if (ephemeralTo === undefined || ephemeralTo === me.id) send({ type: "message", channelId, message });
      },
      options,
    );
  }
  world.on(
    "messageDelete",
    ({ channelId, messageId }) => send({ type: "messageDelete", channelId, messageId }),
    options,
  );
  world.on("voiceStateUpdate", ({ userId, channelId }) => send({ type: "voice", userId, channelId }), options);
  world.on("commandsUpdate", () => send({ type: "commands", commands: commandsOf(playground) }), options);
  voice.on("speaking", ({ userId, flags }) => send({ type: "speaking", userId, speaking: flags !== 0 }), options);

  const actions: {
    readonly [Type in PageMessage["type"]]: (
      message: Extract<PageMessage, { readonly type: Type }>,
    ) => Promise<void> | void;
  } = {
    send: ({ channelId, content }) => void world.sendMessage({ channelId, authorId: me.id, content }),
    async command({ channelId, name, options: given }) {
      const use = {
        guildId,
        channelId,
        userId: me.id,
        applicationId: application.applicationId,
        name,
        options: optionsOf(given),
      };
      const result = await world.invokeCommand(use);
      if (result.outcome === "unanswered") send({ type: "notice", text: `/${name}: the application did not respond.` });
    },
    async complete({ requestId, channelId, name, options: given, focused }) {
      const use = {
        guildId,
        channelId,
        userId: me.id,
        applicationId: application.applicationId,
        name,
        options: optionsOf(given),
        focused,
      };
      send({ type: "choices", requestId, choices: await world.autocomplete(use) });
    },
    async press({ channelId, messageId, customId }) {
      const result = await world.pressButton({ channelId, messageId, customId, userId: me.id });
      if (result.outcome === "unanswered") send({ type: "notice", text: "The application did not respond." });
    },
    async joinVoice({ channelId }) {
      const channel = world
        .channels(guildId)
        .find((candidate) => candidate.id === channelId && candidate.type === "voice");
      await (channel === undefined ? listener.leave() : listener.join(channel.id));
    },
  };

  return {
    async receive(message) {
      try {
        await actions[message.type](message as never);
      } catch (error) {
        send({ type: "notice", text: describeError(error) });
      }
    },
    [Symbol.dispose]: () => ending.abort(),
  };
}

const optionsOf = (given: readonly { readonly name: string; readonly value: string | number | boolean }[]) =>
  Object.fromEntries(given.map(({ name, value }) => [name, value]));

function helloOf(playground: PlaygroundWorld, listener: Listener): ServerMessage {
  const { discord, guildId, me } = playground;
  const { world } = discord;
  const channels = world.channels(guildId).map(({ id: channelId, name, type }) => ({
    id: channelId,
    name,
    kind: type === "voice" ? ("voice" as const) : ("text" as const),
  }));
  const messages: Record<string, readonly APIMessage[]> = {};
  for (const channel of channels)
    if (channel.kind === "text") messages[channel.id] = world.messages(channel.id, { viewerId: me.id });
  const members = world
    .members(guildId)
    .map(({ user }): PageMember => ({ id: user.id, name: user.global_name ?? user.username, bot: user.bot ?? false }));
  const inVoice = world
    .voiceStates(guildId)
    .flatMap(({ user_id: userId, channel_id: channelId }) => (channelId === null ? [] : [{ userId, channelId }]));
  return {
    type: "hello",
    me: { ...me, bot: false },
    guildName: world.guilds().find((guild) => guild.id === guildId)?.name ?? "",
    channels,
    members,
    messages,
    commands: commandsOf(playground),
    voice: inVoice,
    listening: listener.connection !== undefined,
  };
}

/** A command, a subcommand, or a group of subcommands. */
interface AnyCommand {
  readonly name: string;
  readonly description: string;
  readonly options?: readonly APIApplicationCommandOption[];
}

/** What can be typed: a command with subcommands is each of them, under all its words. */
function typedCommands({ name, description, options = [] }: AnyCommand): PageCommand[] {
  const nested = options.filter(
    (option) =>
      option.type === ApplicationCommandOptionType.Subcommand ||
      option.type === ApplicationCommandOptionType.SubcommandGroup,
  );
  if (nested.length > 0) return nested.flatMap((each) => typedCommands({ ...each, name: `${name} ${each.name}` }));
  const page = options.map((option) => ({
    name: option.name,
    description: option.description,
    type: option.type,
    required: option.required ?? false,
    autocomplete: "autocomplete" in option && (option.autocomplete ?? false),
    choices:
      "choices" in option ? (option.choices ?? []).map((choice) => ({ name: choice.name, value: choice.value })) : [],
  }));
  return [{ name, description, options: page }];
}

function commandsOf({ discord, application, guildId }: PlaygroundWorld): PageCommand[] {
  return discord.world.commandsOf(application.applicationId, guildId).flatMap(typedCommands);
}
