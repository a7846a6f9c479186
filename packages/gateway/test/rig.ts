import type { Dispatch, GatewayInfo } from "@antiphon/protocol/discord";
import { createSeededRandom } from "@antiphon/std";
import { startDiscordSimulator, type DiscordSimulator, type DiscordSimulatorOptions } from "@antiphon/sim/discord";
import { createGateway, type Gateway, type GatewayOptions } from "../src/index.ts";

/** GUILDS, GUILD_VOICE_STATES, GUILD_MESSAGES and MESSAGE_CONTENT. */
const INTENTS = 1 | (1 << 7) | (1 << 9) | (1 << 15);

/** One bot in one guild with a text and a voice channel, and somebody to talk. */
export interface Rig extends AsyncDisposable {
  readonly simulator: DiscordSimulator;
  readonly applicationId: string;
  readonly token: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly voiceChannelId: string;
  readonly userId: string;
  readonly botUserId: string;
  /** Builds a gateway for the bot; it is closed with the rig. */
  gateway(options?: Partial<GatewayOptions>): Gateway;
  /** Says something in the text channel. */
  say(content: string): void;
}

/** Starts a {@link Rig}; identifies are not spaced, so that tests need not wait. */
export async function startRig(options: DiscordSimulatorOptions = {}): Promise<Rig> {
  const simulator = await startDiscordSimulator({ identify: { windowMs: 0 }, ...options });
  const { world } = simulator;
  const bot = world.addApplication({ name: "Bot" });
  const user = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Guild", ownerId: user.id });
  world.addMember(guild.id, bot.botUserId);
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  const voiceChannel = world.addChannel(guild.id, { name: "Music", type: "voice" });
  const gateways: Gateway[] = [];
  return {
    simulator,
    applicationId: bot.applicationId,
    token: bot.token,
    guildId: guild.id,
    channelId: channel.id,
    voiceChannelId: voiceChannel.id,
    userId: user.id,
    botUserId: bot.botUserId,
    gateway(gatewayOptions = {}) {
      const gateway = createGateway({
        token: bot.token,
        intents: INTENTS,
        gatewayInfo: () => gatewayInfo(simulator, bot.token),
        identifyGate: { acquire: () => Promise.resolve() },
        random: createSeededRandom(1),
        ...gatewayOptions,
      });
      gateways.push(gateway);
      return gateway;
    },
    say: (content) => void world.sendMessage({ channelId: channel.id, authorId: user.id, content }),
    async [Symbol.asyncDispose]() {
      await Promise.all(gateways.map((gateway) => gateway.close({ keepSession: false })));
      await simulator.close();
    },
  };
}

/** Asks the simulator as `rest` would. */
export async function gatewayInfo(simulator: DiscordSimulator, token: string): Promise<GatewayInfo> {
  const response = await fetch(`${simulator.apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${token}` } });
  return (await response.json()) as GatewayInfo;
}

/** Collects what the messages say, and lets a test wait until there are enough. */
export interface MessageLog {
  readonly contents: readonly string[];
  /** Resolves when this many messages have arrived. */
  reached(count: number): Promise<void>;
}

/** Listens to MESSAGE_CREATE. */
export function logMessages(gateway: Gateway): MessageLog {
  const contents: string[] = [];
  let notify = () => {};
  gateway.subscribe((dispatch: Dispatch) => {
    if (dispatch.type !== "MESSAGE_CREATE") return;
    contents.push((dispatch.data as { readonly content: string }).content);
    notify();
  });
  return {
    contents,
    reached: (count) =>
      new Promise((resolve) => {
        notify = () => {
          if (contents.length >= count) resolve();
        };
        notify();
      }),
  };
}
