import { openBotBridge, type BotBridge, type BusTransport } from "@antiphon/bridge";
import { createDiscordWorker, type DiscordWorker } from "@antiphon/bridge/discord";
import type { Client } from "@antiphon/core";
import { createLavalink, type Lavalink } from "@antiphon/lavalink";
import { createContainer, token, type Container } from "@antiphon/patterns/di";
import {
  createHealthMonitor,
  startHealthServer,
  type HealthMonitor,
  type HealthServer,
} from "@antiphon/patterns/health";
import { collectSystemMetrics, createMetrics, type Metrics } from "@antiphon/patterns/metrics";
import {
  createRecommender,
  discoverySource,
  favouriteSource,
  followUpSource,
  modelSource,
  nextTrackSources,
  sameArtistSource,
  type CandidateSource,
  type Recommender,
} from "@antiphon/recommender";
import { createChartRenderer, type ChartRenderer } from "@antiphon/recommender/charts";
import { createMoodAnalyzer } from "@antiphon/recommender/mood";
import { createPlaylistGenerator, type PlaylistGenerator } from "@antiphon/recommender/playlists";
import { openPostgresHistoryStore, openSqliteHistoryStore, type HistoryStore } from "@antiphon/recommender/store";
import { createRest } from "@antiphon/rest";
import type { VoiceSignaling } from "@antiphon/protocol/discord";
import type { Clock, Logger, Random } from "@antiphon/std";
import { join } from "node:path";
import { openAudioBackend, type AudioBackend } from "./audio/audio-backend.ts";
import { busCommands } from "./bus/bus-commands.ts";
import { openBus } from "./bus/open-bus.ts";
import type { BotConfig } from "./config/bot-config.ts";
import { createDiscordCarrier, createDiscordClient, type DiscordCarrier } from "./discord-client.ts";
import { createMusicService, type MusicService } from "./music/music-service.ts";
import { requireRoom } from "./music/voice-room.ts";
import { applicationIdOf } from "./roles/application-id.ts";
import { createArrivals, type Arrivals } from "./roles/arrivals.ts";
import { createOwnedSignaling } from "./roles/owned-signaling.ts";
import { createPlayerChanges, type PlayerChanges } from "./roles/player-changes.ts";
import { createWorkerCarrier } from "./roles/worker-carrier.ts";
import { openTasteModel, type TasteModel } from "./taste/taste-model.ts";
import { openSearchCache, type SearchCache } from "./music/search-cache.ts";

/** What every bot is given. */
export interface BotParts {
  readonly config: BotConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** The certificate authority of the voice servers, in PEM; for simulators. */
  readonly voiceCertificate: string | undefined;
}

/** What the bot is made of; each can be replaced in the container before it is first asked for. */
export const services = {
  metrics: token<Metrics>("metrics"),
  health: token<HealthMonitor>("health"),
  healthServer: token<HealthServer | undefined>("healthServer"),
  systemMetrics: token<Disposable | undefined>("systemMetrics"),
  store: token<HistoryStore>("store"),
  taste: token<TasteModel>("taste"),
  recommender: token<Recommender>("recommender"),
  playlists: token<PlaylistGenerator>("playlists"),
  charts: token<ChartRenderer>("charts"),
  /** The application on whose behalf a role of a bot on many processes runs; undefined in one process. */
  applicationId: token<string | undefined>("applicationId"),
  bus: token<BusTransport>("bus"),
  worker: token<DiscordWorker | undefined>("worker"),
  audio: token<AudioBackend>("audio"),
  carrier: token<DiscordCarrier>("carrier"),
  client: token<Client>("client"),
  /** How voice channels are joined and left. */
  voice: token<VoiceSignaling>("voice"),
  /** What tells a worker that a player has changed; undefined in one process. */
  playerChanges: token<PlayerChanges | undefined>("playerChanges"),
  arrivals: token<Arrivals>("arrivals"),
  lavalink: token<Lavalink>("lavalink"),
  searchCache: token<SearchCache>("searchCache"),
  music: token<MusicService>("music"),
  bridge: token<BotBridge>("bridge"),
};

/** With its state, such a queue still fits into one message of the bus. */
const MAXIMUM_QUEUE_LENGTH = 1_000;

/** The model and what follows what, over the sources that need no model: a young community has no history to learn from. */
function recommenderSources(model: TasteModel["model"]): readonly CandidateSource[] {
  const plain = [followUpSource(), sameArtistSource(), favouriteSource(), discoverySource()];
  return [modelSource({ model }), ...nextTrackSources(), ...plain];
}

/** Says how each service is built. Closing the container closes what was built, the newest first. */
export function createBotContainer({ config, logger, clock, random, voiceCertificate }: BotParts): Container {
  const { metrics, health, store, bus, audio, carrier, client, lavalink, searchCache, music } = services;
  const { monitoring } = config;
  return createContainer()
    .register(metrics, { useFactory: () => createMetrics({ prefix: "antiphon_", clock }) })
    .register(health, {
      useFactory: () => createHealthMonitor({ checkIntervalMs: monitoring.healthCheckIntervalMs, logger, clock }),
    })
    .register(services.systemMetrics, {
      inject: [metrics],
      useFactory: (registry) =>
        monitoring.enabled
          ? collectSystemMetrics(registry, { intervalMs: monitoring.metricsIntervalMs, clock })
          : undefined,
    })
    .register(services.healthServer, {
      inject: [health, metrics],
      useAsyncFactory: async (monitor, registry) => {
        const { enabled, port, host } = monitoring;
        if (!enabled || port === undefined) return undefined;
        const server = await startHealthServer({ health: monitor, metrics: registry, port, host, logger });
        logger.info("health and metrics are served", { url: server.url });
        return server;
      },
    })
    .register(store, {
      useAsyncFactory: () =>
        config.databaseUrl === undefined
          ? Promise.resolve(openSqliteHistoryStore({ path: join(config.dataDirectory, "history.sqlite") }))
          : openPostgresHistoryStore({ url: config.databaseUrl }),
    })
    .register(services.taste, {
      inject: [store],
      useAsyncFactory: (history) => openTasteModel({ store: history, clock, logger }),
    })
    .register(services.recommender, {
      inject: [store, services.taste],
      useFactory: (history, { model }) =>
        createRecommender({ store: history, sources: recommenderSources(model), clock, random }),
    })
    .register(services.playlists, {
      inject: [store, services.taste],
      useFactory: (history, { model }) =>
        createPlaylistGenerator({ store: history, model, moodOf: createMoodAnalyzer().judgeTags, clock }),
    })
    .register(services.charts, { useFactory: () => createChartRenderer() })
    .register(services.applicationId, {
      useAsyncFactory: async () => {
        if (config.role === "all") return undefined;
        await using rest = createRest({ token: config.discord.token, api: config.discord.api, clock });
        return await applicationIdOf(rest);
      },
    })
    .register(bus, {
      inject: [services.applicationId],
      useAsyncFactory: (applicationId) => openBus(config.bus, { clock, applicationId }),
    })
    .register(services.worker, {
      inject: [bus, services.applicationId],
      useFactory: (transport, applicationId) =>
        applicationId === undefined
          ? undefined
          : createDiscordWorker({
              bus: transport,
              applicationId,
              replicas: config.bus.replicas,
              clock,
              random,
              logger,
            }),
    })
    .register(audio, { useAsyncFactory: () => openAudioBackend({ config: config.audio, logger, voiceCertificate }) })
    .register(carrier, {
      inject: [services.worker],
      useFactory: (worker) =>
        worker === undefined
          ? createDiscordCarrier(config.discord, config.cytube !== undefined)
          : createWorkerCarrier(worker, config.discord, { clock, random, logger }),
    })
    .register(client, {
      inject: [carrier],
      useFactory: (carried) =>
        createDiscordClient(config.discord, {
          readsMessages: config.cytube !== undefined,
          carrier: carried,
          clock,
          logger,
        }),
    })
    .register(services.voice, {
      inject: [client, services.worker],
      useFactory: ({ voiceSignaling }, worker) =>
        worker === undefined
          ? voiceSignaling
          : createOwnedSignaling(voiceSignaling, (guildId) => worker.players.owns(guildId), logger),
    })
    .register(services.playerChanges, {
      inject: [services.worker],
      useFactory: (worker) => (worker === undefined ? undefined : createPlayerChanges()),
    })
    .register(services.arrivals, { useFactory: createArrivals })
    .register(lavalink, {
      inject: [audio, services.voice, services.playerChanges],
      useFactory: ({ node }, signaling, changes) =>
        createLavalink({
          nodes: [node],
          signaling,
          queue: { maximumLength: MAXIMUM_QUEUE_LENGTH },
          ...(changes === undefined ? {} : { store: changes.store }),
          clock,
          random,
          logger,
        }),
    })
    .register(searchCache, { useAsyncFactory: () => openSearchCache(config.cache, { clock, logger }) })
    .register(music, {
      inject: [client, lavalink, audio, searchCache, services.arrivals],
      useFactory: (discord, players, { searchPrefix }, cache, arrivals) =>
        createMusicService({
          lavalink: players,
          searchPrefix,
          cache,
          arrivals,
          requireRoom: (guildId, channelId) => requireRoom(discord, guildId, channelId),
          maximumQueueLength: MAXIMUM_QUEUE_LENGTH,
        }),
    })
    .register(services.bridge, {
      inject: [bus, music, services.worker],
      useAsyncFactory: (transport, musicService, worker) =>
        openBotBridge({
          bus: transport,
          app: config.bus.app,
          commands: busCommands(musicService),
          // Of many workers the one that has the guild has its player.
          owns: worker === undefined ? undefined : (guildId) => worker.players.owns(guildId),
          clock,
          logger,
        }),
    });
}
