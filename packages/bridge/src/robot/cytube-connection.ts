import { io, type Socket } from "socket.io-client";
import { z } from "zod";
import {
  createBackoff,
  createEmitter,
  describeError,
  silentLogger,
  type Backoff,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
  type Secret,
} from "@antiphon/std";
import { cytubeFrameSchemas, readCytubeFrame, type CytubeFrame } from "@antiphon/protocol/cytube";
import { BridgeError } from "../error.ts";

/** What happens to a connection. */
export type CytubeConnectionEvent =
  | { readonly type: "frame"; readonly frame: CytubeFrame }
  /** In the channel and logged in. */
  | { readonly type: "joined"; readonly username: string }
  | { readonly type: "left"; readonly reason: string };

/** Options of {@link createCytubeConnection}. */
export interface CytubeConnectionOptions {
  /** Where the site is: `https://cytu.be`. */
  readonly siteUrl: string;
  readonly channel: string;
  readonly channelPassword: Secret | undefined;
  /** Without a name the robot only listens. */
  readonly username: string | undefined;
  /** Without a password the robot is a guest. */
  readonly password: Secret | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

/** A robot's place in a channel, kept over disconnections. */
export interface CytubeConnection extends EventSource<CytubeConnectionEvent>, AsyncDisposable {
  /**
   * Joins the channel and logs in for the first time. Later disconnections are mended with growing pauses.
   *
   * @throws BridgeError BRIDGE_CYTUBE_UNREACHABLE, BRIDGE_CYTUBE_LOGIN_FAILED
   */
  join(signal?: AbortSignal): Promise<void>;
  readonly joined: boolean;
  /** How often it had to join again. */
  readonly reconnects: number;
  /** Sends a frame; false when the robot is not in the channel now. */
  emit(event: string, payload?: unknown): boolean;
  /** Idempotent. */
  close(): Promise<void>;
}

const socketConfigSchema = z.looseObject({
  servers: z.array(z.looseObject({ url: z.string(), secure: z.boolean(), ipv6: z.boolean().optional() })).min(1),
});
const JOIN_TIMEOUT_MS = 15_000;
/** After so long in the channel the next pause is a short one again. */
const SETTLED_MS = 60_000;

/** Builds a connection; nothing happens before `join`. */
export function createCytubeConnection(options: CytubeConnectionOptions): CytubeConnection {
  const { clock, random, logger = silentLogger } = options;
  const emitter = createEmitter<CytubeConnectionEvent>();
  const ending = new AbortController();
  let socket: Socket | undefined;
  let joined = false;
  let joinedAtMs = 0;
  let reconnects = 0;
  const firstPause = (): Backoff => createBackoff({ baseMs: 1_000, maximumMs: 60_000, random });
  let pause = firstPause();

  const lost = (from: Socket, reason: string): void => {
    // A join that is under way fails by itself, and whoever began it tries again: a second one beside it would never end.
    if (from !== socket || !joined || ending.signal.aborted) return;
    socket = undefined;
    joined = false;
    emitter.emit({ type: "left", reason });
    void mend();
  };

  const enter = async (signal: AbortSignal): Promise<void> => {
    const { url } = await findServer(options, signal);
    signal.throwIfAborted();
    const opened = io(url, { transports: ["websocket"], reconnection: false, forceNew: true });
    // From here on frames count, so that those that come with the join are not missed.
    opened.onAny((name: string, payload: unknown) => {
      if (opened === socket) emitter.emit({ type: "frame", frame: readCytubeFrame(name, payload ?? null) });
    });
    opened.on("disconnect", (reason) => lost(opened, reason));
    socket = opened;
    try {
      const username = await joinAndLogIn(opened, options, signal);
      if (!opened.connected) throw unreachable(options.channel, "the server hung up at once.");
      joined = true;
      joinedAtMs = clock.monotonicMs();
      emitter.emit({ type: "joined", username });
    } catch (error) {
      if (socket === opened) socket = undefined;
      opened.disconnect();
      throw error;
    }
  };

  const mend = async (): Promise<void> => {
    // Whoever is thrown out as soon as he comes back, by a second robot of this name for example, comes back ever more slowly.
    if (clock.monotonicMs() - joinedAtMs >= SETTLED_MS) pause = firstPause();
    for (;;) {
      const { delayMs, attempt } = pause;
      pause = pause.next();
      try {
        await clock.sleep(delayMs, { signal: ending.signal });
        await enter(ending.signal);
        reconnects++;
        return;
      } catch (error) {
        if (ending.signal.aborted) return;
        logger.warn("cannot join the channel again", { error: describeError(error), attempt });
      }
    }
  };

  const connection: CytubeConnection = {
    join: (signal) => enter(signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal])),
    on: emitter.on,
    events: emitter.events,
    get joined() {
      return joined;
    },
    get reconnects() {
      return reconnects;
    },
    emit(event, payload) {
      if (!joined || socket === undefined) return false;
      if (payload === undefined) socket.emit(event);
      else socket.emit(event, payload);
      return true;
    },
    async close() {
      ending.abort();
      joined = false;
      socket?.disconnect();
      socket = undefined;
      emitter.close();
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
  return connection;
}

async function findServer(
  { siteUrl, channel }: CytubeConnectionOptions,
  signal: AbortSignal,
): Promise<{ readonly url: string }> {
  const address = `${siteUrl}/socketconfig/${encodeURIComponent(channel)}.json`;
  try {
    const response = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(JOIN_TIMEOUT_MS)]) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    const { servers } = socketConfigSchema.parse(await response.json());
    const reachable = servers.filter(({ ipv6 }) => ipv6 !== true);
    const best = reachable.find(({ secure }) => secure) ?? reachable[0];
    if (best === undefined) throw new Error("it names no server");
    return best;
  } catch (cause) {
    throw new BridgeError(
      "BRIDGE_CYTUBE_UNREACHABLE",
      `Cannot learn from ${address} where to connect: ${describeError(cause)}.`,
      {
        cause,
        retryable: true,
      },
    );
  }
}

function joinAndLogIn(socket: Socket, options: CytubeConnectionOptions, signal: AbortSignal): Promise<string> {
  const { channel, channelPassword, username, password, clock } = options;
  return new Promise<string>((resolve, reject) => {
    const end = (settle: () => void) => {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
      for (const [name, listener] of listeners) socket.off(name, listener);
      settle();
    };
    const miss = (reason: string) => end(() => reject(unreachable(channel, reason)));
    const refuse = (reason: string) =>
      end(() => reject(new BridgeError("BRIDGE_CYTUBE_LOGIN_FAILED", `Cannot join ${channel}: ${reason}`)));
    const onAbort = () => end(() => reject(signal.reason as Error));
    const timer = clock.setTimer(JOIN_TIMEOUT_MS, () => miss("the server does not go on."));
    const listeners: readonly (readonly [string, (payload: unknown) => void])[] = [
      [
        "connect",
        () =>
          void socket.emit("joinChannel", {
            name: channel,
            ...(channelPassword === undefined ? {} : { pw: channelPassword.reveal() }),
          }),
      ],
      ["connect_error", (error) => miss(`${describeError(error)}.`)],
      ["disconnect", (reason) => miss(`the server hung up: ${String(reason)}.`)],
      ["kick", (payload) => refuse(reasonOf(payload))],
      ["needPassword", () => refuse("it wants a channel password, and not this one.")],
      // The last frame of a join that everybody gets; before it CyTube would still send state of the time before the login.
      [
        "userlist",
        () => {
          if (username === undefined) end(() => resolve(""));
          else socket.emit("login", { name: username, ...(password === undefined ? {} : { pw: password.reveal() }) });
        },
      ],
      [
        "login",
        (payload) => {
          const read = cytubeFrameSchemas.login.safeParse(payload);
          if (read.success && read.data.success) end(() => resolve(read.data.name ?? username ?? ""));
          else refuse(read.success ? (read.data.error ?? "login refused.") : "login refused.");
        },
      ],
    ];
    signal.addEventListener("abort", onAbort, { once: true });
    for (const [name, listener] of listeners) socket.on(name, listener);
  });
}

function unreachable(channel: string, reason: string): BridgeError {
  return new BridgeError("BRIDGE_CYTUBE_UNREACHABLE", `Cannot join ${channel}: ${reason}`, { retryable: true });
}

function reasonOf(payload: unknown): string {
  const read = cytubeFrameSchemas.kick.safeParse(payload);
  return read.success ? `kicked: ${read.data.reason}` : "kicked.";
}
