import type { GuildId } from "@antiphon/protocol/discord";
import { systemClock, type Clock } from "@antiphon/std";
import { commandChannel, eventChannel, type CommandReport, type PlayerCommand } from "../diagnostics.ts";
import { LavalinkError } from "../error.ts";
import type { LavalinkEvent } from "../event.ts";
import type { Player } from "../player.ts";
import { differencesOf, outcomeOf, type PlaybackDifference, type PlaybackOutcome } from "./playback-outcome.ts";
import { listen } from "./listen.ts";

/** Options of {@link createPlaybackRecorder}. */
export interface PlaybackRecorderOptions {
  /** As many commands and outcomes of a session are kept; what comes later is counted. Defaults to 10,000. */
  readonly limit?: number;
  /** As many sessions are kept; the oldest give way. Defaults to 20. */
  readonly sessionLimit?: number;
  readonly clock?: Clock;
}

/** What was done, and what came of it. Plain data, which may be kept as JSON. */
export interface RecordedSession {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedMs: number;
  readonly durationMs: number;
  readonly commands: readonly (CommandReport & { readonly afterMs: number })[];
  readonly outcomes: readonly PlaybackOutcome[];
  /** What did not fit any more. */
  readonly dropped: number;
}

/** Options of {@link PlaybackRecorder.replay}. */
export interface ReplayOptions {
  /** The players to give the commands to, by guild; those of guilds that are not there are left out. */
  readonly players: ReadonlyMap<GuildId, Player>;
  /** How many times as fast as it was; tracks themselves run at their own speed. Defaults to 1. */
  readonly speed?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What came of a replay. */
export interface ReplayReport {
  /** How many commands were given. */
  readonly commands: number;
  /** Commands that failed now, with the error's text. */
  readonly failures: readonly { readonly command: PlayerCommand; readonly guildId: GuildId; readonly error: string }[];
  readonly outcomes: readonly PlaybackOutcome[];
  /** Where this time went another way than that time, guild by guild. */
  readonly differences: readonly PlaybackDifference[];
}

/** Records what is asked of this process's players, and does it again. */
export interface PlaybackRecorder extends Disposable {
  /** Throws `LAVALINK_INVALID_ARGUMENT` while another recording runs. */
  start(name: string): void;
  /** Ends the recording and gives its id. Throws `LAVALINK_INVALID_ARGUMENT` when none runs. */
  stop(): string;
  readonly sessions: readonly RecordedSession[];
  /** Takes in a session that was kept elsewhere. */
  add(session: RecordedSession): void;
  /**
   * Gives the commands of a session again in their order and time. Throws `LAVALINK_INVALID_ARGUMENT` for an unknown id or a speed that is
   * not above 0.
   */
  replay(sessionId: string, options: ReplayOptions): Promise<ReplayReport>;
}

interface Recording {
  readonly name: string;
  readonly startedMs: number;
  readonly monotonicMs: number;
  readonly commands: (CommandReport & { readonly afterMs: number })[];
  readonly outcomes: PlaybackOutcome[];
  readonly subscriptions: readonly Disposable[];
  dropped: number;
}

/** Builds a {@link PlaybackRecorder}. */
export function createPlaybackRecorder(options: PlaybackRecorderOptions = {}): PlaybackRecorder {
  const { limit = 10_000, sessionLimit = 20, clock = systemClock } = options;
  const sessions = new Map<string, RecordedSession>();
  let recording: Recording | undefined;
  let count = 0;

  const keep = <Item>(list: Item[], item: Item) => {
    if (recording === undefined) return;
    if (recording.commands.length + recording.outcomes.length < limit) list.push(item);
    else recording.dropped++;
  };
  const begin = (name: string): Recording => {
    const monotonicMs = clock.monotonicMs();
    const commands: Recording["commands"] = [];
    const outcomes: PlaybackOutcome[] = [];
    const subscriptions = [
      listen(commandChannel, (message) =>
        keep(commands, { ...(message as CommandReport), afterMs: clock.monotonicMs() - monotonicMs }),
      ),
      listen(eventChannel, (message) => {
        const outcome = outcomeOf(message as LavalinkEvent);
        if (outcome !== undefined) keep(outcomes, outcome);
      }),
    ];
    return { name, startedMs: clock.now(), monotonicMs, commands, outcomes, subscriptions, dropped: 0 };
  };
  const endRecording = () => {
    for (const subscription of recording?.subscriptions ?? []) subscription[Symbol.dispose]();
    recording = undefined;
  };
  const add = (session: RecordedSession) => {
    sessions.set(session.id, session);
    const [oldest] = sessions.keys();
    if (sessions.size > sessionLimit && oldest !== undefined) sessions.delete(oldest);
  };
  const sessionOf = (sessionId: string): RecordedSession => {
    const session = sessions.get(sessionId);
    if (session !== undefined) return session;
    const known = [...sessions.keys()].join(", ") || "none";
    throw invalid(`replay: there is no session "${sessionId}". Known: ${known}.`);
  };

  return {
    start(name) {
      if (recording !== undefined) throw invalid(`start: "${recording.name}" is being recorded. Stop it first.`);
      recording = begin(name);
    },
    stop() {
      if (recording === undefined) throw invalid("stop: nothing is being recorded.");
      const { name, startedMs, monotonicMs, commands, outcomes, dropped } = recording;
      endRecording();
      const id = `${name}-${++count}`;
      add({ id, name, startedMs, durationMs: clock.monotonicMs() - monotonicMs, commands, outcomes, dropped });
      return id;
    },
    get sessions() {
      return [...sessions.values()];
    },
    add,
    async replay(sessionId, { players, speed = 1, signal }) {
      const session = sessionOf(sessionId);
      if (!(speed > 0)) throw invalid(`replay: speed ${speed} is not above 0.`);
      return replaySession(session, { players, speed, signal, clock });
    },
    [Symbol.dispose]: endRecording,
  };
}

/** For how long a replay waits for events that the recorded session had. */
const LATE_EVENTS_MS = 2_000;
const LOOK_AGAIN_MS = 20;

async function replaySession(
  session: RecordedSession,
  {
    players,
    speed,
    signal,
    clock,
  }: Required<Pick<ReplayOptions, "players" | "speed">> & Pick<ReplayOptions, "signal"> & { readonly clock: Clock },
): Promise<ReplayReport> {
  const outcomes: PlaybackOutcome[] = [];
  const failures: { command: PlayerCommand; guildId: GuildId; error: string }[] = [];
  const running: Promise<unknown>[] = [];
  const startedMs = clock.monotonicMs();
  const waitUntil = async (afterMs: number) => {
    const leftMs = afterMs / speed - (clock.monotonicMs() - startedMs);
    if (leftMs > 0) await clock.sleep(leftMs, { signal });
    signal?.throwIfAborted();
  };
  using _subscription = listen(eventChannel, (message) => {
    const outcome = outcomeOf(message as LavalinkEvent);
    if (outcome !== undefined && players.has(outcome.guildId)) outcomes.push(outcome);
  });
  for (const { guildId, command, afterMs } of session.commands) {
    const player = players.get(guildId);
    if (player === undefined) continue;
    await waitUntil(afterMs);
    const done = give(player, command, signal).catch((error: unknown) => {
      failures.push({ command, guildId, error: String(error) });
    });
    running.push(done);
  }
  await Promise.all(running);
  await waitUntil(session.durationMs);
  const recorded = session.outcomes.filter(({ guildId }) => players.has(guildId));
  // What a node tells of a command may come after its answer.
  for (let waitedMs = 0; outcomes.length < recorded.length && waitedMs < LATE_EVENTS_MS; waitedMs += LOOK_AGAIN_MS)
    await clock.sleep(LOOK_AGAIN_MS, { signal });
  return { commands: running.length, failures, outcomes, differences: differencesOf(recorded, outcomes) };
}

async function give(player: Player, command: PlayerCommand, signal: AbortSignal | undefined): Promise<void> {
  switch (command.type) {
    case "play":
      await player.play(command.track ?? undefined, { ...command.options, signal });
      break;
    case "queue":
      player.queue.clear();
      player.queue.add(command.upcoming);
      player.queue.loop = command.loop;
      break;
    case "seek":
      await player.seek(command.positionMs, { signal });
      break;
    case "setVolume":
      await player.setVolume(command.volumePercent, { signal });
      break;
    default:
      await player[command.type]({ signal });
  }
}

function invalid(message: string): LavalinkError {
  return new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}
