import type { BusTransport } from "@antiphon/bridge";
import type { Client } from "@antiphon/core";
import type { Lavalink } from "@antiphon/lavalink";
import { createApplicationContext, type ApplicationContext } from "@antiphon/patterns/context";
import type { Container } from "@antiphon/patterns/di";
import type { HealthMonitor, HealthServer } from "@antiphon/patterns/health";
import type { Metrics } from "@antiphon/patterns/metrics";
import type { Recommender } from "@antiphon/recommender";
import {
  describeError,
  isAntiphonError,
  silentLogger,
  systemClock,
  systemRandom,
  waitFor,
  type Clock,
  type Logger,
  type Random,
} from "@antiphon/std";
import { join } from "node:path";
import { cytubeCommand } from "./cytube/cytube-command.ts";
import { openCytubeLinks } from "./cytube/cytube-links.ts";
import { publishEvents } from "./bus/publish-events.ts";
import type { BotConfig } from "./config/bot-config.ts";
import { openBusSwitch, openFileSwitch } from "./guild-switch.ts";
import { watchBot } from "./monitoring.ts";
import { leaveWhenIdle } from "./music/idle-leave.ts";
import { createListeners } from "./music/listeners.ts";
import { addMusicButtons } from "./music/music-buttons.ts";
import { musicCommands } from "./music/music-commands.ts";
import { recordPlays } from "./music/play-history.ts";
import { addRecommendCommand } from "./music/recommend-command.ts";
import { tellRefusals } from "./refusals.ts";
import { pingCommand } from "./ping-command.ts";
import { movePlayers } from "./roles/move-players.ts";
import { createBotContainer, services } from "./services.ts";
import { createAutoplay } from "./taste/autoplay.ts";
import { importCommand } from "./taste/import-command.ts";
import { addPlaylistCommand } from "./taste/playlist-command.ts";
import { statsCommand } from "./taste/stats-command.ts";

/** Guilds arrive one after another, and a large bot waits for its identify slots. */
const START_TIMEOUT_MS = 120_000;

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

/** The parts of a running bot, by the names of the application context. */
export interface BotServices {
  /** Everything that was built, and how. */
  readonly container: Container;
  readonly client: Client;
  readonly lavalink: Lavalink;
  /** Commands, buttons, history, monitoring and what else the bot does with the parts above. */
  readonly features: AsyncDisposable;
}

/** A bot that runs. */
export interface Bot extends AsyncDisposable {
  readonly context: ApplicationContext<BotServices>;
  readonly client: Client;
  readonly lavalink: Lavalink;
  readonly recommender: Recommender;
  readonly bus: BusTransport;
  readonly metrics: Metrics;
  readonly health: HealthMonitor;
  /** Where health and metrics are served, if they are. */
  readonly healthServer: HealthServer | undefined;
  /** Stops the music, leaves, disconnects and writes what must be kept; idempotent. */
  close(): Promise<void>;
}

/** Puts commands, buttons and listeners on the parts; disposing takes the listeners off and waits for what they write. */
async function addFeatures(
  container: Container,
  parts: Required<Pick<BotOptions, "config" | "logger" | "clock" | "random">>,
) {
  const { config, logger, clock, random } = parts;
  const client = container.get(services.client);
  const lavalink = container.get(services.lavalink);
  const music = container.get(services.music);
  const recommender = container.get(services.recommender);
  const bus = container.get(services.bus);
  const taste = container.get(services.taste);
  await using added = new AsyncDisposableStack();
  if (config.monitoring.enabled) {
    const metrics = container.get(services.metrics);
    const health = container.get(services.health);
    added.use(watchBot({ client, lavalink, bus, metrics, health, application: config.application, clock }));
  }
  const listeners = added.use(createListeners(client));

  // Inside of what measures: a refusal is an answer, and not a failure.
  client.use(tellRefusals(logger));
  for (const command of musicCommands({ client, music })) client.commands.add(command);
  client.commands.add(addRecommendCommand({ client, lavalink, music, recommender }));
  client.commands.add(addPlaylistCommand({ client, music, playlists: container.get(services.playlists) }));
  client.commands.add(statsCommand({ store: container.get(services.store), charts: container.get(services.charts) }));
  client.commands.add(
    importCommand({ store: container.get(services.store), api: config.discord.api, onImported: taste.refresh }),
  );
  const { searchPrefix } = container.get(services.audio);
  const applicationId = container.get(services.applicationId);
  const enabled = added.use(
    await (applicationId === undefined
      ? openFileSwitch(join(config.dataDirectory, "autoplay.json"))
      : openBusSwitch(bus, `discord_${applicationId}_autoplay`, config.bus.replicas)),
  );
  const autoplay = added.use(
    createAutoplay({
      enabled,
      listeners,
      lavalink,
      music,
      recommender,
      searchPrefix,
      clock,
      random,
      logger,
    }),
  );
  client.commands.add(autoplay.command);
  client.commands.add(pingCommand({ client, lavalink, clock }));
  addMusicButtons({ client, music });
  const plays = added.use(recordPlays({ lavalink, recommender, clock, logger }));
  added.use(leaveWhenIdle({ client, lavalink, listeners, idleLeaveMs: config.idleLeaveMs, clock, logger }));
  added.use(publishEvents({ lavalink, bridge: container.get(services.bridge), logger }));
  if (config.cytube !== undefined) {
    const file = join(config.dataDirectory, "cytube-links.json");
    const links = added.use(
      await openCytubeLinks({ client, bus, settings: config.cytube, file, clock, random, logger }),
    );
    client.commands.add(cytubeCommand(links));
  }
  const worker = container.get(services.worker);
  const changes = container.get(services.playerChanges);
  if (worker !== undefined && changes !== undefined) {
    added.use(
      movePlayers({
        client,
        lavalink,
        signaling: container.get(services.voice),
        players: worker.players,
        changes,
        arrivals: container.get(services.arrivals),
        plays,
        listeners,
        staleMs: config.idleLeaveMs,
        clock,
        logger,
      }),
    );
  }
  return added.move();
}

/**
 * Starts the bot and resolves when it answers commands. What had started is ended again when a later part cannot.
 *
 * @throws the coded error of the part that failed
 */
export async function startBot(options: BotOptions): Promise<Bot> {
  const { config, logger = silentLogger, clock = systemClock, random = systemRandom, signal } = options;
  await using building = new AsyncDisposableStack();
  const container = building.use(
    createBotContainer({ config, logger, clock, random, voiceCertificate: options.voiceCertificate }),
  );
  container.verify();
  // In the order in which they are to be closed, the last first: the history outlives the players that write to it.
  await container.getAsync(services.store, { signal });
  await container.getAsync(services.taste, { signal });
  await container.getAsync(services.bus, { signal });
  await container.getAsync(services.searchCache, { signal });
  await container.getAsync(services.bridge, { signal });
  const client = container.get(services.client);
  const lavalink = container.get(services.lavalink);
  const features = building.use(await addFeatures(container, { config, logger, clock, random }));
  const healthServer = await container.getAsync(services.healthServer, { signal });
  container.get(services.systemMetrics);
  const health = container.get(services.health);

  const context = createApplicationContext<BotServices>({ startTimeoutMs: START_TIMEOUT_MS, clock });
  context.registerService("container", container);
  // The container closes what it built; here they are only started.
  const keep = () => {};
  context.registerService("client", client, {
    dependsOn: ["container"],
    start(_client, starting) {
      if (config.role === "worker") logger.info("waiting for a gateway that says which guilds there are");
      return client.connect({ signal: starting });
    },
    stop: keep,
  });
  context.registerService("lavalink", lavalink, {
    dependsOn: ["client"],
    start: (_lavalink, starting) => connectNodes(lavalink, logger, starting),
    stop: keep,
  });
  context.registerService("features", features, {
    dependsOn: ["lavalink"],
    async start(_features, starting) {
      await client.commands.register({ guildId: config.discord.commandGuildId, signal: starting });
      if (config.monitoring.enabled) health.startMonitoring();
    },
  });
  // From here on the context closes everything, also when the start fails.
  building.move();
  await initialize(context, signal);
  logger.info("the bot is ready", {
    user: client.user.username,
    client: config.discord.client,
    audio: container.get(services.audio).node.name,
  });

  const close = () => context.close();
  return {
    context,
    client,
    lavalink,
    recommender: container.get(services.recommender),
    bus: container.get(services.bus),
    metrics: container.get(services.metrics),
    health,
    healthServer,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Connects to the audio node, which may be starting, too; one that is there and refuses will not think better of it. */
async function connectNodes(lavalink: Lavalink, logger: Logger, signal: AbortSignal): Promise<void> {
  try {
    await lavalink.connect({ signal });
  } catch (error) {
    if (!isAntiphonError(error, "LAVALINK_NO_NODE") || /with status 4\d\d/u.test(error.message)) throw error;
    logger.warn("the audio node is not there; I go on trying", { error: describeError(error) });
    if (!lavalink.nodes.some(({ ready }) => ready)) await waitFor(lavalink, "nodeReady", { signal });
  }
}

/** Starts everything; a part's own coded error says more than that the start failed. */
async function initialize(context: ApplicationContext<BotServices>, signal: AbortSignal | undefined): Promise<void> {
  try {
    await context.initialize({ signal });
  } catch (error) {
    if (isAntiphonError(error, "PATTERNS_START_FAILED") && isAntiphonError(error.cause)) throw error.cause;
    throw error;
  }
}
