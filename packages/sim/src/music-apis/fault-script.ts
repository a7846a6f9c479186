import type { MusicService } from "./service-exchange.ts";

/** What goes wrong. */
export type MusicFaultKind =
  /** Answers with a status; 429 and 503 may say when to come again, and coming sooner is a violation. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  /** Answers late, by the simulator's clock. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** Never answers, until the client hangs up or the simulator closes. */
  | { readonly kind: "hang" }
  /** Cuts the connection before an answer. */
  | { readonly kind: "cut" }
  /** Sends the first half of the answer's JSON, as if that were all. */
  | { readonly kind: "truncate" }
  /** Sends a page for people, as firewalls in front of a service do. */
  | { readonly kind: "html"; readonly status?: number }
  /** Answers 200 with JSON of another shape. */
  | { readonly kind: "lie" }
  /** Last.fm only: answers with one of its error codes; the status is 200 unless told. */
  | { readonly kind: "lastfmError"; readonly error: number; readonly status?: number };

/** Which requests meet a fault. */
export type MusicFault = MusicFaultKind & {
  /** The service whose requests meet it. */
  readonly service: MusicService;
  /** Only requests whose path and query match. */
  readonly target?: RegExp;
  /** How many requests meet it. Defaults to 1; Infinity is until `heal`. */
  readonly times?: number;
};

/** The faults to come. */
export interface FaultScript {
  /** Lets later requests fail, after those that were planned before. */
  add(fault: MusicFault): void;
  /** Takes back every fault that has not happened. */
  heal(): void;
  /** The fault that a request meets, used up by asking. */
  take(service: MusicService, target: string): MusicFault | undefined;
}

/** Builds a {@link FaultScript}. */
export function createFaultScript(): FaultScript {
  const pending: { readonly fault: MusicFault; left: number }[] = [];
  return {
    add: (fault) => void pending.push({ fault, left: fault.times ?? 1 }),
    heal: () => void pending.splice(0),
    take(service, target) {
      const index = pending.findIndex(({ fault }) => fault.service === service && (fault.target?.test(target) ?? true));
      const entry = pending[index];
      if (entry === undefined) return undefined;
      if (--entry.left <= 0) pending.splice(index, 1);
      return entry.fault;
    },
  };
}
