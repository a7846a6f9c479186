import { randomInt } from "node:crypto";
import type { WebSocket } from "ws";
import { createSession, type Session, type SessionOptions } from "./session.ts";

/** All sessions of a node. */
export interface SessionRegistry {
  /** How many there are, those that wait for their client included. */
  readonly size: number;
  /** A session with a socket; one that waits for its resume is not found, as on Lavalink. */
  find(sessionId: string): Session | undefined;
  /** Whether a client may come back to this session. */
  canResume(sessionId: string | undefined, userId: string): boolean;
  /** Gives the socket its session: the one asked for, if it waits, or a new one. */
  attach(socket: WebSocket, userId: string, sessionId: string | undefined): Session;
  /** Takes a closed socket's session away, or lets it wait. */
  detach(socket: WebSocket, session: Session): void;
  /** Every session, those that wait included. */
  all(): readonly Session[];
  /** Ends all. */
  close(): Promise<void>;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/** 16 characters, as Lavalink has it; not to be guessed, because a session id opens the session to whoever knows the password. */
function createSessionId(): string {
  return Array.from({ length: 16 }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");
}

/** Builds a {@link SessionRegistry}. */
export function createSessionRegistry(options: Omit<SessionOptions, "sessionId" | "userId">): SessionRegistry {
  const attached = new Map<string, Session>();
  const waiting = new Map<string, Session>();
  const expire = (session: Session) => {
    waiting.delete(session.sessionId);
    void session.destroy();
  };
  const waitingFor = (sessionId: string | undefined, userId: string): Session | undefined => {
    const session = sessionId === undefined ? undefined : waiting.get(sessionId);
    return session?.userId === userId ? session : undefined;
  };
  return {
    get size() {
      return attached.size + waiting.size;
    },
    find: (sessionId) => attached.get(sessionId),
    canResume: (sessionId, userId) => waitingFor(sessionId, userId) !== undefined,
    attach(socket, userId, sessionId) {
      const resumed = waitingFor(sessionId, userId);
      const session = resumed ?? createSession({ ...options, userId, sessionId: createSessionId() });
      waiting.delete(session.sessionId);
      attached.set(session.sessionId, session);
      session.attach(socket, resumed !== undefined);
      return session;
    },
    detach(socket, session) {
      if (!session.owns(socket)) return;
      attached.delete(session.sessionId);
      if (session.resuming) waiting.set(session.sessionId, session);
      session.detach(() => expire(session));
    },
    all: () => [...attached.values(), ...waiting.values()],
    async close() {
      const ending = [...attached.values(), ...waiting.values()];
      attached.clear();
      waiting.clear();
      await Promise.all(ending.map((session) => session.destroy()));
    },
  };
}
