import type { Random } from "@antiphon/std";
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

/** How often something goes wrong by chance: each from 0, never, to 1, always. All are 0 until they are set. */
export interface FaultRates {
  /** Messages over the socket that are withheld; TCP loses no packets, so whole ones. `ready` always comes. */
  readonly messageLossRatio: number;
  /** HTTP requests that wait `latencySpikeMs` longer. */
  readonly latencySpikeRatio: number;
  /** Messages and HTTP requests instead of which the connection is cut. */
  readonly connectionDropRatio: number;
  /** How long a spike is, in milliseconds. Defaults to 500. */
  readonly latencySpikeMs: number;
}

/** What goes wrong on the simulated node. */
export interface LavalinkFaults {
  /** Milliseconds that every HTTP request waits first. */
  latencyMs: number;
  /** Milliseconds by which that wait is longer at most, by chance. */
  jitterMs: number;
  /** How often something goes wrong by chance; see {@link FaultRates}. */
  readonly rates: FaultRates;
  /** Sets how often something goes wrong; what is left out stays. Throws a RangeError for a rate outside 0 to 1. */
  setRates(rates: Partial<FaultRates>): void;
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

/** The rates, and the chance that goes by them. */
export interface FaultDice {
  readonly rates: FaultRates;
  set(rates: Partial<FaultRates>): void;
  reset(): void;
  /** Whether this message is withheld. */
  losesMessage(): boolean;
  /** Whether this connection is cut now. */
  dropsConnection(): boolean;
  /** Milliseconds that this request waits longer. */
  spikeMs(): number;
}

const NO_RATES: FaultRates = {
  messageLossRatio: 0,
  latencySpikeRatio: 0,
  connectionDropRatio: 0,
  latencySpikeMs: 500,
};

/** Builds a {@link FaultDice} that never fails; it draws from `random` only for rates above 0. */
export function createFaultDice(random: Random): FaultDice {
  let rates = NO_RATES;
  const happens = (ratio: number) => ratio > 0 && random.next() < ratio;
  return {
    get rates() {
      return rates;
    },
    set(changes) {
      const next = { ...rates, ...changes };
      for (const name of ["messageLossRatio", "latencySpikeRatio", "connectionDropRatio"] as const) {
        if (!(next[name] >= 0 && next[name] <= 1))
          throw new RangeError(`setRates: ${name} ${next[name]} is not from 0 to 1`);
      }
      rates = next;
    },
    reset() {
      rates = NO_RATES;
    },
    losesMessage: () => happens(rates.messageLossRatio),
    dropsConnection: () => happens(rates.connectionDropRatio),
    spikeMs: () => (happens(rates.latencySpikeRatio) ? rates.latencySpikeMs : 0),
  };
}
