import { openBotConfig, startBot, type Bot, type BotConfigInput } from "@antiphon/bot";
import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { startCytubeSimulator, type CytubeSimulator } from "@antiphon/sim/cytube";
import { startDiscordSimulator, type ApplicationSummary, type DiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator, type VoiceSimulator } from "@antiphon/sim/voice";
import type { Logger } from "@antiphon/std";

const ROBOT = { name: "Antiphon", password: "robot-password", channelRanks: { lounge: 3 } };
/** Somebody who can be let into the channel `lounge`. */
export const CYTUBE_GUEST = { name: "casey", password: "guest-password", channelRanks: { lounge: 2 } };
const CYTUBE_ACCOUNTS = [ROBOT, CYTUBE_GUEST];
const CYTUBE_MEDIA = [{ type: "yt", id: "tidewater", title: "Tidewater (live)", seconds: 180 }];

/** Options of {@link openPlaygroundWorld}. */
export interface PlaygroundWorldOptions {
  /** Folder whose files the bot can play. */
  readonly musicDirectory: string;
  /** Where the bot keeps its history. */
  readonly dataDirectory: string;
  /** Which client carries the bot. Defaults to `core`. */
  readonly client?: "core" | "discord.js";
  /** What the bot may fetch from the web. Defaults to `public`. */
  readonly allowUrls?: "none" | "public" | "all";
  /** The bot's bus. Defaults to one in this process. */
  readonly bus?: BotConfigInput["bus"];
  readonly logger?: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Told before each part starts. */
  readonly onStep?: (step: string) => void;
}

/** A simulated Discord with a guild, people, and the reference bot in it. */
export interface PlaygroundWorld extends AsyncDisposable {
  readonly discord: DiscordSimulator;
  readonly voice: VoiceSimulator;
  /** A CyTube site with a channel named `lounge`. */
  readonly cytube: CytubeSimulator;
  readonly application: ApplicationSummary;
  readonly bot: Bot;
  readonly guildId: GuildId;
  readonly textChannelId: ChannelId;
  readonly voiceChannelId: ChannelId;
  /** The person at the keyboard. */
  readonly me: { readonly id: UserId; readonly name: string };
  close(): Promise<void>;
}

/** Starts the simulators, peoples them, and starts the bot. What had started is ended again when a later part cannot. */
export async function openPlaygroundWorld(options: PlaygroundWorldOptions): Promise<PlaygroundWorld> {
  const { onStep = () => {}, signal, logger } = options;
  await using opened = new AsyncDisposableStack();

  onStep("a voice server with end-to-end encryption");
  const voice = opened.use(await startVoiceSimulator());
  onStep("a Discord with one guild");
  const discord = opened.use(await startDiscordSimulator({ voice }));
  const { world } = discord;
  const application = world.addApplication({ name: "Antiphon" });
  const me = world.addUser({ username: "you", globalName: "You" });
  const friend = world.addUser({ username: "robin", globalName: "Robin" });
  const guild = world.addGuild({ name: "Antiphon playground", ownerId: me.id });
  const text = world.addChannel(guild.id, { name: "music", type: "text", topic: "Ask the bot for music" });
  world.addChannel(guild.id, { name: "lounge", type: "text" });
  const room = world.addChannel(guild.id, { name: "Listening room", type: "voice" });
  for (const userId of [friend.id, application.botUserId]) world.addMember(guild.id, userId);
  world.sendMessage({
    channelId: text.id,
    authorId: friend.id,
    content:
      "Hi! Press **🎧 Listen** on the left, then type `/play` and pick a track. The bot joins you in **Listening room**.",
  });

  onStep("a CyTube site");
  const cytube = opened.use(await startCytubeSimulator({ accounts: CYTUBE_ACCOUNTS, media: CYTUBE_MEDIA }));

  onStep("the bot, with its audio node and its listening history");
  using config = await openBotConfig({
    environment: {},
    overrides: {
      discord: { token: application.token, api: discord.apiUrl, client: options.client ?? "core" },
      audio: { musicDirectory: options.musicDirectory, allowUrls: options.allowUrls ?? "public" },
      dataDirectory: options.dataDirectory,
      bus: options.bus ?? {},
      cytube: { siteUrl: cytube.url, username: ROBOT.name, password: ROBOT.password },
    },
  });
  const bot = opened.use(
    await startBot({
      config: config.value,
      voiceCertificate: voice.certificatePem,
      signal,
      ...(logger === undefined ? {} : { logger }),
    }),
  );

  const running = opened.move();
  const close = () => running.disposeAsync();
  return {
    discord,
    voice,
    cytube,
    application,
    bot,
    guildId: guild.id,
    textChannelId: text.id,
    voiceChannelId: room.id,
    me: { id: me.id, name: "You" },
    close,
    [Symbol.asyncDispose]: close,
  };
}
