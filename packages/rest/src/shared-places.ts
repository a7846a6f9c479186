import type { LimitClaim, LimitVerdict, SharedLimiter } from "@antiphon/protocol/discord";
import { abortReason, describeError, type Clock, type Timer } from "@antiphon/std";
import { RestError } from "./rest-error.ts";
import { waitInLine, type Waiter } from "./waiting-line.ts";

/** What is told of a limit, most often when a place ends. */
export type LimitNews = Pick<LimitClaim, "limit" | "left" | "blockMs" | "bucket">;

/** A place that ended stays taken until this moment on the monotonic clock. */
export interface Cooling {
  readonly untilMs: number;
}

/** The right to send one request. */
export interface Place {
  /** The request has been answered or has failed: the place stays taken as `cooling` says, or is free. Only the first call counts. */
  end(news: LimitNews, cooling: Cooling | undefined): void;
  /** The request was not sent after all. */
  giveBack(): void;
}

/** Why no place was given. */
export interface Refusal {
  /** When asking again is worth it. */
  readonly waitMs: number;
  /** Whether that is only a guess, because it depends on an answer that is under way. */
  readonly isGuess: boolean;
  /** The bucket in which the route counts instead; `null` when it is not limited. */
  readonly bucket: string | null | undefined;
}

/** One client's side of a shared limit. */
export interface SharedPlaces {
  /** Asks for a place: waits for it where the limit is `patient`, else gives what the first claim says. */
  acquire(signal: AbortSignal | undefined): Promise<Place | Refusal>;
  /** Tells the others something, with the end of a request that took its place elsewhere. Resolves when they know. */
  report(news: LimitNews, cooling?: Cooling): Promise<void>;
  /** Rejects what waits, now and later; ends of places are still told. */
  close(error: Error): void;
  /** Resolves when the others know all there is to tell, or cannot be told. */
  flush(): Promise<void>;
  /** How long until something may go out, as far as this client knows. */
  readonly waitMs: number;
  /** Requests that wait here. */
  readonly size: number;
  /** Whether nothing waits, nothing is held, and nothing is left to tell. */
  readonly idle: boolean;
}

/** Options of {@link createSharedPlaces}. */
export interface SharedPlacesOptions {
  readonly limiter: SharedLimiter;
  readonly key: string;
  readonly clientId: string;
  readonly clock: Clock;
  /** After a crash, this client's places are free again so much later; while it lives, it renews them. */
  readonly holdMs: number;
  /** A request that takes longer than this has certainly been counted, and gives its place up. Never by default. */
  readonly giveUpMs?: number | undefined;
  /** The most places to ask for at once: a share, so that processes take turns. */
  readonly leaseLimit: number;
  /** How many places there are, where it is known without asking. */
  readonly limit?: number | undefined;
  /** Whether to ask until there is a place. */
  readonly patient: boolean;
}

/** What one claim tells. */
interface Outbox {
  readonly cooling: readonly Cooling[];
  readonly news: LimitNews;
  readonly told: readonly (() => void)[];
}

const EMPTY: Outbox = { cooling: [], news: {}, told: [] };

/** Asking without knowing when: first so soon, then ever later. */
const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 320;
/** How long to wait before telling again what could not be told. */
const RETRY_MS = 1_000;

/** Tells a place from a refusal. */
export function isPlace(result: Place | Refusal): result is Place {
  return "end" in result;
}

/** Builds {@link SharedPlaces}. One claim is under way at a time, and the next carries all that has gathered meanwhile. */
export function createSharedPlaces(options: SharedPlacesOptions): SharedPlaces {
  const { limiter, key, clientId, clock, holdMs, leaseLimit, limit, giveUpMs = Infinity, patient } = options;
  const waiting: Waiter<Place | Refusal>[] = [];
  /** Places in the hands of requests, and since when; oldest first. */
  const held = new Map<Place, number>();
  /** Undefined when there is nothing to tell. */
  let outbox: Outbox | undefined;
  let isClaiming = false;
  let closedBy: Error | undefined;
  let askAtMs = 0;
  let tellAtMs = 0;
  let opensAtMs = 0;
  let lastClaimMs = 0;
  let pollMs = FIRST_POLL_MS;
  let timer: Timer | undefined;

  const put = (news: LimitNews, cooling?: Cooling, told?: () => void) => {
    const { cooling: before, news: older, told: others } = outbox ?? EMPTY;
    outbox = {
      cooling: cooling === undefined ? before : [...before, cooling],
      news: { ...older, ...news },
      told: told === undefined ? others : [...others, told],
    };
    if (news.blockMs !== undefined) opensAtMs = Math.max(opensAtMs, clock.monotonicMs() + news.blockMs);
    pump();
  };
  const hold = (): Place => {
    const place: Place = {
      // What the answer said holds also when the place was given up before.
      end: (news, cooling) => put(news, held.delete(place) ? cooling : undefined),
      giveBack() {
        if (!held.delete(place)) return;
        if (waiting.length > 0) (waiting.shift() as Waiter<Place | Refusal>).grant(hold());
        else put({});
      },
    };
    held.set(place, clock.monotonicMs());
    return place;
  };

  const onVerdict = ({ granted, waitMs, bucket }: LimitVerdict, want: number) => {
    const nowMs = clock.monotonicMs();
    const served = Math.min(granted, waiting.length);
    for (const waiter of waiting.splice(0, served)) waiter.grant(hold());
    // Whoever gave up meanwhile has left a place over.
    if (served < granted) outbox ??= EMPTY;
    askAtMs = 0;
    if (granted >= want) return;
    pollMs = granted > 0 || waitMs !== undefined ? FIRST_POLL_MS : Math.min(LAST_POLL_MS, pollMs * 2);
    const againMs = waitMs ?? pollMs;
    if (granted === 0 && waitMs !== undefined) opensAtMs = nowMs + waitMs;
    if (patient) askAtMs = nowMs + againMs;
    else
      for (const waiter of waiting.splice(0, want - granted))
        waiter.grant({ waitMs: againMs, isGuess: waitMs === undefined, bucket });
  };

  const onFailure = (error: unknown, unsent: Outbox) => {
    const { cooling, news, told } = outbox ?? EMPTY;
    const message = `The shared limiter could not be asked: ${describeError(error)}. Check that its store can be reached.`;
    const failure = new RestError("REST_LIMITER_FAILED", message, { retryable: true, cause: error });
    for (const waiter of waiting.splice(0)) waiter.fail(failure);
    tellAtMs = clock.monotonicMs() + RETRY_MS;
    // The claim may have been counted nevertheless, which the next one puts right.
    outbox = {
      cooling: [...unsent.cooling.filter(({ untilMs }) => untilMs > tellAtMs), ...cooling],
      news: { ...unsent.news, ...news },
      told: [...unsent.told, ...told],
    };
    if (closedBy === undefined) return;
    // Nobody waits for the others to know: what this client held is free again after holdMs.
    for (const resolve of outbox.told) resolve();
    outbox = undefined;
  };

  const claim = async (nowMs: number) => {
    const want = Math.min(leaseLimit, waiting.length);
    const sent = outbox ?? EMPTY;
    const ended = sent.cooling.map(({ untilMs }) => ({ count: 1, coolMs: Math.max(0, untilMs - nowMs) }));
    outbox = undefined;
    lastClaimMs = nowMs;
    try {
      const own: LimitClaim = { clientId, holding: held.size, want, holdMs, ended, limit };
      const verdict = await limiter.claim(key, { ...own, ...sent.news });
      for (const resolve of sent.told) resolve();
      onVerdict(verdict, want);
    } catch (error) {
      onFailure(error, sent);
    }
  };

  const giveUpOld = (nowMs: number) => {
    for (const [place, sinceMs] of held) {
      if (sinceMs + giveUpMs > nowMs) return;
      held.delete(place);
    }
  };
  const pump = (): void => {
    if (isClaiming) return;
    timer?.cancel();
    const nowMs = clock.monotonicMs();
    giveUpOld(nowMs);
    const dueMs = Math.min(
      waiting.length > 0 ? askAtMs : Infinity,
      outbox === undefined ? Infinity : tellAtMs,
      held.size > 0 ? lastClaimMs + holdMs / 3 : Infinity,
    );
    if (dueMs > nowMs) {
      if (dueMs < Infinity) timer = clock.setTimer(dueMs - nowMs, pump, { keepAlive: waiting.length > 0 });
      return;
    }
    isClaiming = true;
    void claim(nowMs).finally(() => {
      isClaiming = false;
      pump();
    });
  };

  return {
    acquire(signal) {
      if (closedBy !== undefined) return Promise.reject(closedBy);
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      const turn = waitInLine(waiting, signal);
      pump();
      return turn;
    },
    report: (news, cooling) => new Promise((resolve) => put(news, cooling, resolve)),
    close(error) {
      closedBy = error;
      for (const waiter of waiting.splice(0)) waiter.fail(error);
    },
    flush: () =>
      new Promise((resolve) => {
        if (outbox === undefined && !isClaiming) resolve();
        else put({}, undefined, resolve);
      }),
    get waitMs() {
      return Math.max(0, opensAtMs - clock.monotonicMs());
    },
    get size() {
      return waiting.length;
    },
    get idle() {
      return waiting.length === 0 && held.size === 0 && outbox === undefined && !isClaiming;
    },
  };
}
