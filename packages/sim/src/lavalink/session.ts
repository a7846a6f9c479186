import type { Duplex } from "node:stream";
import type { NodeMessage, WireTrack } from "@antiphon/protocol/lavalink";
import type { Clock, Timer } from "@antiphon/std";
import { WebSocket } from "ws";
import { createVirtualPlayer, type TrackFault, type VirtualPlayer } from "./virtual-player.ts";

/** What a session is built from. */
export interface SessionOptions {
  readonly sessionId: string;
  readonly userId: string;
  readonly clientName: string | undefined;
  readonly clock: Clock;
  readonly playerUpdateIntervalMs: number;
  /** Whether this message gets lost on its way. */
  readonly isLost: (message: NodeMessage) => boolean;
  /** Whether the socket is cut instead of sending. */
  readonly isCut: () => boolean;
  readonly faultOf: (track: WireTrack) => TrackFault | undefined;
}

/** One client's session: its socket, its players, and what it missed while its socket was gone. */
export interface Session {
  readonly sessionId: string;
  readonly userId: string;
  readonly clientName: string | undefined;
  readonly players: ReadonlyMap<string, VirtualPlayer>;
  readonly connected: boolean;
  resuming: boolean;
  timeoutSeconds: number;
  playerOf(guildId: string): VirtualPlayer;
  deletePlayer(guildId: string): void;
  send(message: NodeMessage): void;
  /** Lets everything that `work` sends leave as one write, as what comes of one request does. */
  sendTogether(work: () => void): void;
  /** Gives the session a socket and the stream below it, says `ready`, and replays what was missed. */
  attach(socket: WebSocket, carrier: Duplex, resumed: boolean): void;
  /** Takes the socket away; `expired` is called when nobody resumes in time. */
  detach(expired: () => void): void;
  destroy(): void;
}

/** As many messages wait for a resume; the oldest give way. */
const REPLAY_LIMIT = 10_000;

/** Builds a {@link Session}. */
export function createSession(options: SessionOptions): Session {
  const players = new Map<string, VirtualPlayer>();
  const missed: string[] = [];
  let socket: WebSocket | undefined;
  let carrier: Duplex | undefined;
  let expiry: Timer | undefined;

  const session: Session = {
    sessionId: options.sessionId,
    userId: options.userId,
    clientName: options.clientName,
    players,
    resuming: false,
    timeoutSeconds: 60,
    get connected() {
      return socket !== undefined;
    },
    playerOf(guildId) {
      let player = players.get(guildId);
      if (player === undefined) {
        const { clock, playerUpdateIntervalMs, faultOf } = options;
        player = createVirtualPlayer({ guildId, clock, playerUpdateIntervalMs, faultOf, send: session.send });
        players.set(guildId, player);
      }
      return player;
    },
    deletePlayer(guildId) {
      players.get(guildId)?.destroy();
      players.delete(guildId);
    },
    send(message) {
      if (message.op !== "ready" && options.isLost(message)) return;
      if (message.op !== "ready" && options.isCut()) socket?.terminate();
      const text = JSON.stringify(message);
      // A socket that was cut, and has not told so yet, brings nothing any more.
      if (socket?.readyState === WebSocket.OPEN) {
        socket.send(text);
        return;
      }
      // Positions grow stale, so Lavalink keeps everything but them.
      if (message.op === "playerUpdate" || message.op === "stats") return;
      if (missed.push(text) > REPLAY_LIMIT) missed.shift();
    },
    sendTogether(work) {
      const stream = carrier;
      stream?.cork();
      try {
        work();
      } finally {
        stream?.uncork();
      }
    },
    attach(next, stream, resumed) {
      expiry?.cancel();
      socket = next;
      carrier = stream;
      session.send({ op: "ready", resumed, sessionId: options.sessionId });
      for (const text of missed.splice(0)) next.send(text);
      if (resumed) for (const player of players.values()) player.sendUpdate();
    },
    detach(expired) {
      if (socket === undefined) return;
      socket = undefined;
      carrier = undefined;
      if (session.resuming) {
        expiry = options.clock.setTimer(session.timeoutSeconds * 1000, expired, { keepAlive: false });
      } else expired();
    },
    destroy() {
      expiry?.cancel();
      for (const player of players.values()) player.destroy();
      players.clear();
      socket = undefined;
      carrier = undefined;
    },
  };
  return session;
}
