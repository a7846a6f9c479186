import {
  createBackoff,
  createKeyedMutex,
  silentLogger,
  systemClock,
  systemRandom,
  withSignal,
  type Clock,
  type Logger,
  type Random,
} from "@antiphon/std";
import type { ChannelId, GuildId, VoiceSignaling } from "@antiphon/protocol/discord";
import type { VoiceTlsOptions } from "./connect-voice.ts";
import { createGuildCredentials, type GuildCredentials } from "./guild-credentials.ts";
import { VoiceError } from "./error.ts";
import {
  openVoiceConnection,
  untilConnected,
  type VoiceConnection,
  type VoiceCredentials,
} from "./voice-connection.ts";
import { createVoiceWorkers, type VoiceWorkers } from "./voice-workers.ts";

/** Options of {@link createVoiceManager}. */
export interface VoiceManagerOptions {
  /** The main gateway, as `core` or `discordjs` offer it. */
  readonly signaling: VoiceSignaling;
  /** How voice servers are trusted. */
  readonly tls?: VoiceTlsOptions | undefined;
  /** Threads to spread connections over. Defaults to a pool of one. */
  readonly workers?: VoiceWorkers | undefined;
  /** How long a join or a move may take, in milliseconds. Defaults to 30,000. */
  readonly joinTimeoutMs?: number | undefined;
  /** Told what sockets and encryption survive. Defaults to silence. */
  readonly logger?: Logger | undefined;
  /** Times joins and the wait between rejoins; the audio clock is the thread's own. Defaults to the system's. */
  readonly clock?: Clock | undefined;
  /** Where the jitter between rejoins comes from. */
  readonly random?: Random | undefined;
}

/** What to join, and how. */
export interface JoinOptions {
  /** The guild. */
  readonly guildId: GuildId;
  /** A voice or stage channel of the guild. */
  readonly channelId: ChannelId;
  /** Joins muted. Defaults to false. */
  readonly selfMute?: boolean | undefined;
  /** Joins deafened: nothing is received. Defaults to false. */
  readonly selfDeaf?: boolean | undefined;
  /** Ends the attempt and leaves the channel. */
  readonly signal?: AbortSignal | undefined;
}

/** The voice connections of a bot: at most one per guild. */
export interface VoiceManager extends AsyncDisposable {
  /** Open connections by guild. */
  readonly connections: ReadonlyMap<GuildId, VoiceConnection>;
  /**
   * Joins a voice channel, and resolves when audio may flow. In a guild where we are already, it moves.
   *
   * @throws VoiceError VOICE_JOIN_TIMED_OUT, VOICE_CLOSED, or the code of the reason why the connection failed
   */
  join(options: JoinOptions): Promise<VoiceConnection>;
  /** Moves to another channel of the guild; playback goes on there. The same as `join`. */
  move(options: JoinOptions): Promise<VoiceConnection>;
  /** Leaves the guild's voice channel; does nothing when we are in none. */
  leave(guildId: GuildId): Promise<void>;
  /** Leaves all channels and stops listening to the main gateway. Idempotent. */
  close(): Promise<void>;
}

/** How long our own threads wait for another join, in milliseconds. */
const LINGER_MS = 60_000;

/**
 * How long a close with 4014 may last that the main gateway does not explain, in milliseconds. It tells of a kick at once; when it says
 * nothing, its session was lost, and the next one brings the bot back: Discord wants a pause, identifies wait for each other.
 */
const SESSION_WAIT_MS = 60_000;

interface Room {
  readonly credentials: GuildCredentials;
  readonly request: { channelId: ChannelId; selfMute: boolean; selfDeaf: boolean };
  connection: VoiceConnection | null;
  /** We leave in order to come back, so that the news of it is no kick. */
  rejoining: boolean;
  /** What the network or TLS said when the voice server could not be reached last. */
  problem: string | null;
}

/** Why a join may have taken too long. */
function whyNot(room: Room | undefined): string {
  if (room !== undefined && room.problem !== null) return `: the voice server cannot be reached (${room.problem}).`;
  return (room?.connection ?? null) === null
    ? "; Discord named no voice server. Check the Connect permission, and that the bot has the intent GuildVoiceStates."
    : "; the voice server did not answer in time.";
}

/** Builds the voice connections of a bot. */
export function createVoiceManager(options: VoiceManagerOptions): VoiceManager {
  const {
    signaling,
    tls,
    joinTimeoutMs = 30_000,
    logger = silentLogger,
    clock = systemClock,
    random = systemRandom,
  } = options;
  const workers = options.workers ?? createVoiceWorkers({ logger, lingerMs: LINGER_MS });
  const rooms = new Map<GuildId, Room>();
  const connections = new Map<GuildId, VoiceConnection>();
  const mutex = createKeyedMutex<GuildId>();
  const closing = new AbortController();

  const requestState = (guildId: GuildId, { request }: Room) => signaling.updateVoiceState({ guildId, ...request });
  const requestLeave = async (guildId: GuildId) => {
    try {
      await signaling.updateVoiceState({ guildId, channelId: null, selfMute: false, selfDeaf: false });
    } catch (error) {
      // The main gateway is gone, and our voice state with it.
      logger.debug(`Leaving guild ${guildId} was not sent: ${String(error)}`);
    }
  };
  const rejoin = async (guildId: GuildId, room: Room, attempt: number) => {
    const signal = closing.signal;
    try {
      let backoff = createBackoff({ baseMs: 250, maximumMs: 5_000, random });
      for (let failed = 0; failed < attempt; failed++) backoff = backoff.next();
      if (attempt > 0) await clock.sleep(backoff.delayMs, { signal });
      if (rooms.get(guildId) !== room) return;
      // Where asking again changed nothing, leaving first does.
      room.rejoining = true;
      if (attempt > 0) await requestLeave(guildId);
      await requestState(guildId, room);
    } catch (error) {
      // The connection itself gives up when no credentials come.
      logger.warn(`Rejoining voice in guild ${guildId} failed: ${String(error)}`);
    }
  };
  const start = (guildId: GuildId, room: Room, credentials: VoiceCredentials): VoiceConnection => {
    const connection = openVoiceConnection({ credentials, workers, ca: tls?.ca, moveWaitMs: SESSION_WAIT_MS, logger });
    room.connection = connection;
    connections.set(guildId, connection);
    connection.on("sessionLost", ({ attempt, problem }) => {
      room.problem = problem;
      if (problem !== null) logger.warn("A voice server cannot be reached", { guildId, problem });
      void rejoin(guildId, room, attempt);
    });
    connection.on("closed", ({ reason }) => {
      rooms.delete(guildId);
      connections.delete(guildId);
      // Of a kick that only the voice server told, the main gateway does not know.
      if (reason.code !== "VOICE_KICKED" || reason.closeCode !== null) void requestLeave(guildId);
    });
    return connection;
  };

  const stateSubscription = signaling.onVoiceState((dispatch) => {
    const room = rooms.get(dispatch.guildId);
    if (room === undefined || dispatch.userId !== signaling.userId) return;
    if (dispatch.channelId !== null) {
      room.request.channelId = dispatch.channelId;
      room.rejoining = false;
    } else if (!room.rejoining) room.connection?.notify("left");
    room.credentials.onState(dispatch);
  });
  const serverSubscription = signaling.onVoiceServer((dispatch) => {
    const room = rooms.get(dispatch.guildId);
    if (room === undefined) return;
    if (dispatch.endpoint === null) room.connection?.notify("serverGone");
    const credentials = room.credentials.onServer(dispatch);
    if (credentials !== null) room.connection?.updateCredentials(credentials);
  });

  const enter = async (guildId: GuildId, room: Room, signal: AbortSignal): Promise<VoiceConnection> => {
    rooms.set(guildId, room);
    // The thread starts while the main gateway answers.
    workers.warm();
    const complete = room.credentials.next();
    try {
      await withSignal(requestState(guildId, room), signal);
      const connection = start(guildId, room, await withSignal(complete, signal));
      await untilConnected(connection, signal);
      return connection;
    } catch (error) {
      if (room.connection === null) {
        rooms.delete(guildId);
        await requestLeave(guildId);
      }
      throw error;
    }
  };
  const change = async (guildId: GuildId, room: Room, connection: VoiceConnection, signal: AbortSignal) => {
    const complete = room.credentials.next();
    await withSignal(requestState(guildId, room), signal);
    await withSignal(Promise.race([complete, connection.closed]), signal);
    await untilConnected(connection, signal);
    return connection;
  };
  const joinNow = async (
    { guildId, channelId, selfMute = false, selfDeaf = false }: JoinOptions,
    signal: AbortSignal,
  ) => {
    const room = rooms.get(guildId);
    const connection = room?.connection ?? null;
    if (room === undefined || connection === null) {
      const credentials = createGuildCredentials(signaling.userId);
      return enter(
        guildId,
        { credentials, request: { channelId, selfMute, selfDeaf }, connection: null, rejoining: false, problem: null },
        signal,
      );
    }
    const moved = room.request.channelId !== channelId;
    Object.assign(room.request, { channelId, selfMute, selfDeaf });
    if (moved) return change(guildId, room, connection, signal);
    await withSignal(requestState(guildId, room), signal);
    return connection;
  };
  const join = async (request: JoinOptions): Promise<VoiceConnection> => {
    const { guildId, channelId } = request;
    const timeout = new AbortController();
    const timer = clock.setTimer(joinTimeoutMs, () => {
      const what = `join: no voice connection to channel ${channelId} within ${joinTimeoutMs} ms`;
      const text = `${what}${whyNot(rooms.get(guildId))}`;
      timeout.abort(new VoiceError("VOICE_JOIN_TIMED_OUT", text, { retryable: true }));
    });
    const signals = [timeout.signal, closing.signal, ...(request.signal === undefined ? [] : [request.signal])];
    const signal = AbortSignal.any(signals);
    try {
      return await mutex.run(guildId, () => joinNow(request, signal), { signal });
    } finally {
      timer.cancel();
    }
  };

  const close = async () => {
    if (!closing.signal.aborted) closing.abort(new VoiceError("VOICE_CLOSED", "The voice manager was closed."));
    await Promise.all([...connections.values()].map((connection) => connection.close()));
    stateSubscription[Symbol.dispose]();
    serverSubscription[Symbol.dispose]();
    if (options.workers === undefined) await workers.close();
  };
  return {
    connections,
    join,
    move: join,
    async leave(guildId) {
      await connections.get(guildId)?.close();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
