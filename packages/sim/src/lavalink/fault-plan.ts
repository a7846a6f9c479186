import type { TrackFault } from "./virtual-player.ts";

/** Which requests fail, and how. */
export interface RequestFault {
  /** The answer's status. */
  readonly status: number;
  /** The message in the answer's body. */
  readonly message?: string;
  /** How many matching requests fail. Defaults to 1. */
  readonly times?: number;
  /** Only this method. */
  readonly method?: string;
  /** Only paths that match. */
  readonly path?: RegExp;
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Whether the request takes effect before the failure is answered: the answer got lost, not the request. */
  readonly applied?: boolean;
}

/** What goes wrong on the simulated node. */
export interface LavalinkFaults {
  /** Milliseconds that every HTTP request waits first. */
  latencyMs: number;
  /** While true every connection is cut at once, as if the process were gone; sessions stay. */
  unreachable: boolean;
  /** While true the events of players are lost on their way; everything else is sent. */
  loseEvents: boolean;
  /** Cuts every open WebSocket. */
  dropSockets(): void;
  /** The node stops noticing what its sockets bring, so that pings stay unanswered. */
  freezeSockets(): void;
  /** Forgets every session and cuts every socket, as a restart of the process does. */
  restart(): void;
  /** Lets requests fail. */
  failRequests(fault: RequestFault): void;
  /** Lets a track go wrong whenever it is played from now on; undefined heals it. */
  failTrack(identifier: string, fault: TrackFault | undefined): void;
  /** Closes a player's voice connection with a code. */
  closeVoice(
    guildId: string,
    options: { readonly code: number; readonly reason?: string; readonly byRemote?: boolean },
  ): void;
  /** Takes back every fault that is planned or lasts. */
  heal(): void;
  /** Sends a text to every client as it is. */
  sendRaw(text: string): void;
}

/** The requests that still have to fail. */
export interface RequestFaultPlan {
  add(fault: RequestFault): void;
  clear(): void;
  /** The fault that this request meets, used up by asking. */
  take(method: string, path: string): RequestFault | undefined;
}

/** Builds a {@link RequestFaultPlan}. */
export function createRequestFaultPlan(): RequestFaultPlan {
  const pending: { readonly fault: RequestFault; left: number }[] = [];
  return {
    add: (fault) => void pending.push({ fault, left: fault.times ?? 1 }),
    clear: () => void pending.splice(0),
    take(method, path) {
      const index = pending.findIndex(
        ({ fault }) => (fault.method ?? method) === method && (fault.path?.test(path) ?? true),
      );
      const entry = pending[index];
      if (entry === undefined) return undefined;
      if (--entry.left === 0) pending.splice(index, 1);
      return entry.fault;
    },
  };
}
