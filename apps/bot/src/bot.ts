import { openBotBridge, type BusTransport } from "@antiphon/bridge";
import type { Client } from "@antiphon/core";
import { createLavalink, type Lavalink } from "@antiphon/lavalink";
import { createRecommender, type Recommender } from "@antiphon/recommender";
import { openSqliteHistoryStore } from "@antiphon/recommender/store";
import { silentLogger, systemClock, systemRandom, type Clock, type Logger, type Random } from "@antiphon/std";
import { join } from "node:path";
import { openAudioBackend } from "./audio/audio-backend.ts";
import { busCommands } from "./bus/bus-commands.ts";
import { openBus } from "./bus/open-bus.ts";
import { publishEvents } from "./bus/publish-events.ts";
import type { BotConfig } from "./config/bot-config.ts";
import { createDiscordClient } from "./discord-client.ts";
import { leaveWhenIdle } from "./music/idle-leave.ts";
import { addMusicButtons } from "./music/music-buttons.ts";
import { musicCommands } from "./music/music-commands.ts";
import { createMusicService } from "./music/music-service.ts";
import { recordPlays } from "./music/play-history.ts";
import { addRecommendCommand } from "./music/recommend-command.ts";
import { pingCommand } from "./ping-command.ts";

/** Options of {@link startBot}. */
export interface BotOptions {
  readonly config: BotConfig;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** The certificate authority of the voice servers, in PEM; for simulators. */
  readonly voiceCertificate?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A bot that runs. */
export interface Bot extends AsyncDisposable {
  readonly client: Client;
  readonly lavalink: Lavalink;
  readonly recommender: Recommender;
  readonly bus: BusTransport;
  /** Stops the music, leaves, disconnects and writes what must be kept; idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the bot and resolves when it answers commands. What had started is ended again when a later part cannot.
 *
 * @throws the coded error of the part that failed
 */
export async function startBot(options: BotOptions): Promise<Bot> {
  const {
    config,
    logger = silentLogger,
    clock = systemClock,
    random = systemRandom,
    voiceCertificate,
    signal,
  } = options;
  // Everything that is opened goes on this stack, so that it is closed in the opposite order, also when the start fails half-way.
  await using opened = new AsyncDisposableStack();

  const store = opened.use(openSqliteHistoryStore({ path: join(config.dataDirectory, "history.sqlite") }));
  const recommender = createRecommender({ store, clock, random });
  const bus = opened.use(await openBus(config.bus, { clock }));
  const audio = opened.use(await openAudioBackend({ config: config.audio, logger, voiceCertificate }));
  const client = opened.use(createDiscordClient(config.discord, { clock, logger }));
  const lavalink = opened.use(
    createLavalink({ nodes: [audio.node], signaling: client.voiceSignaling, clock, random, logger }),
  );
  const music = createMusicService({ lavalink, searchPrefix: audio.searchPrefix });

  for (const command of musicCommands({ client, music })) client.commands.add(command);
  client.commands.add(addRecommendCommand({ client, lavalink, music, recommender }));
  client.commands.add(pingCommand({ client, lavalink, clock }));
  addMusicButtons({ client, music });
  opened.use(recordPlays({ lavalink, recommender, clock, logger }));
  opened.use(leaveWhenIdle({ client, lavalink, idleLeaveMs: config.idleLeaveMs, clock, logger }));
  const bridge = opened.use(
    await openBotBridge({ bus, app: config.bus.app, commands: busCommands(music), clock, logger }),
  );
  opened.use(publishEvents({ lavalink, bridge, logger }));

  await client.connect({ signal });
  await lavalink.connect({ signal });
  await client.commands.register({ guildId: config.discord.commandGuildId, signal });
  logger.info("the bot is ready", {
    user: client.user.username,
    client: config.discord.client,
    audio: audio.node.name,
  });

  const running = opened.move();
  const close = () => running.disposeAsync();
  return { client, lavalink, recommender, bus, close, [Symbol.asyncDispose]: close };
}
