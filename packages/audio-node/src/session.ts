import type { Clock, Logger, Timer } from "@antiphon/std";
import type { WebSocket } from "ws";
import { createPlayer, type AudioNodeMessage, type Player, type PlayerOptions } from "./player.ts";
import { RequestError } from "./node-error.ts";
import { toWireJson } from "./track.ts";

/** What a session is built from. */
export interface SessionOptions extends Omit<PlayerOptions, "guildId" | "send"> {
  readonly sessionId: string;
  readonly maximumPlayers: number;
}

/** One client: its socket, its players, and what it missed while its socket was gone. */
export interface Session {
  readonly sessionId: string;
  readonly userId: string;
  readonly players: ReadonlyMap<string, Player>;
  /** Whether the players survive the loss of the socket. */
  resuming: boolean;
  /** For how long they do, in seconds. */
  timeoutSeconds: number;
  /** Messages that a resume will not replay because too many came. */
  readonly droppedMessages: number;
  /** The player of a guild, made when it is first asked for; throws a RequestError over the limit. */
  playerOf(guildId: string): Player;
  deletePlayer(guildId: string): Promise<void>;
  send(message: AudioNodeMessage): void;
  /** Gives the session a socket, says `ready`, and replays what was missed. */
  attach(socket: WebSocket, resumed: boolean): void;
  /** Whether this socket is the session's. */
  owns(socket: WebSocket): boolean;
  /** Takes the socket away; `onExpired` is called when nobody resumes in time. */
  detach(onExpired: () => void): void;
  /** Ends all players; idempotent. */
  destroy(): Promise<void>;
}

/** As many messages wait for a resume; the oldest give way. */
const REPLAY_LIMIT = 10_000;
/** A client that lets so much pile up does not read any more. */
const MAXIMUM_BUFFERED_BYTES = 16 * 1024 * 1024;

/** Builds a {@link Session}. */
export function createSession(options: SessionOptions): Session {
  const { clock, logger, sessionId }: { clock: Clock; logger: Logger; sessionId: string } = options;
  const players = new Map<string, Player>();
  const missed: string[] = [];
  let socket: WebSocket | undefined;
  let expiry: Timer | undefined;
  let droppedMessages = 0;

  const deliver = (to: WebSocket, text: string) => {
    to.send(text);
    if (to.bufferedAmount < MAXIMUM_BUFFERED_BYTES) return;
    logger.warn("a client does not read its messages; its socket is cut", { sessionId });
    to.terminate();
  };
  const send = (message: AudioNodeMessage) => {
    if (socket !== undefined) return deliver(socket, toWireJson(message));
    // Positions and statistics grow stale; everything else is kept.
    if (message.op === "playerUpdate" || message.op === "stats") return;
    if (missed.push(toWireJson(message)) <= REPLAY_LIMIT) return;
    missed.shift();
    droppedMessages++;
  };

  return {
    sessionId,
    userId: options.userId,
    players,
    resuming: false,
    timeoutSeconds: 60,
    get droppedMessages() {
      return droppedMessages;
    },
    playerOf(guildId) {
      const existing = players.get(guildId);
      if (existing !== undefined) return existing;
      if (players.size >= options.maximumPlayers) {
        throw new RequestError(
          429,
          `This session has its ${options.maximumPlayers} players already. Destroy one first.`,
        );
      }
      const player = createPlayer({ ...options, guildId, send });
      players.set(guildId, player);
      return player;
    },
    async deletePlayer(guildId) {
      const player = players.get(guildId);
      players.delete(guildId);
      await player?.destroy();
    },
    send,
    attach(next, resumed) {
      expiry?.cancel();
      socket = next;
      send({ op: "ready", resumed, sessionId });
      for (const text of missed.splice(0)) deliver(next, text);
      if (resumed) for (const player of players.values()) player.sendUpdate();
    },
    owns: (other) => socket === other,
    detach(onExpired) {
      socket = undefined;
      if (this.resuming) expiry = clock.setTimer(this.timeoutSeconds * 1000, onExpired);
      else onExpired();
    },
    async destroy() {
      expiry?.cancel();
      socket = undefined;
      const ending = [...players.values()];
      players.clear();
      await Promise.all(ending.map((player) => player.destroy()));
    },
  };
}
