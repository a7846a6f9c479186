/** What a client tells a shared limit about itself, and how much more it wants. */
export interface LimitClaim {
  /** Which client claims; no two clients that share a limiter have the same. */
  readonly clientId: string;
  /** Places the client holds: requests under way, or about to be sent. Absolute, so that a claim that got lost does no harm. */
  readonly holding: number;
  /** How many more it would like. */
  readonly want: number;
  /** How long its places stay taken when nothing is heard of it any more, in milliseconds. */
  readonly holdMs: number;
  /** Requests that ended since the last claim: each place stays taken for another `coolMs`. */
  readonly ended?: readonly { readonly count: number; readonly coolMs: number }[] | undefined;
  /** How many places there are, where the client knows; until somebody does, one request at a time finds out. */
  readonly limit?: number | undefined;
  /** What an answer said was left, and for how long: less than the claims add up to when somebody sends without claiming. */
  readonly left?: { readonly count: number; readonly forMs: number } | undefined;
  /** Nobody gets a place for so long. */
  readonly blockMs?: number | undefined;
  /** The bucket that this route turned out to count in; `null` when it is not limited. */
  readonly bucket?: string | null | undefined;
}

/** What came of a claim. */
export interface LimitVerdict {
  /** How many places the client got on top of those it holds, 0 to `want`. */
  readonly granted: number;
  /** When asking again is worth it, in milliseconds; undefined when only an answer to somebody else's request can tell. */
  readonly waitMs: number | undefined;
  /** The bucket that some client found this route to count in: claim there; `null` when it is not limited. */
  readonly bucket?: string | null | undefined;
}

/**
 * A limit on Discord's requests that several processes keep together. An adapter keeps one text per key, replaces it atomically by
 * what {@link stepSharedLimit} makes of it, and lets it expire after `ttlMs`.
 */
export interface SharedLimiter {
  /**
   * Makes a claim on a key: up to 200 of `A-Z a-z 0-9 / _ = - .`. Rejects when the claim could not be made; the client asks again, and
   * a claim that was counted without its verdict arriving is put right by the next one.
   */
  claim(key: string, claim: LimitClaim): Promise<LimitVerdict>;
}

/** What {@link stepSharedLimit} gives. */
export interface SharedLimitStep {
  /** What to keep for the key. */
  readonly stored: string;
  /** For how long to keep it, in milliseconds. */
  readonly ttlMs: number;
  readonly verdict: LimitVerdict;
}

interface State {
  /** Undefined until an answer told. */
  readonly limit?: number | undefined;
  readonly bucket?: string | null | undefined;
  readonly blockedUntilMs: number;
  /** Client, places, and when they are given up. */
  readonly held: readonly (readonly [clientId: string, count: number, untilMs: number])[];
  /** Places of requests that ended, and when they become free. */
  readonly cooling: readonly (readonly [untilMs: number, count: number])[];
}

const EMPTY: State = { blockedUntilMs: 0, held: [], cooling: [] };

/** How long a limit is remembered that nobody uses, so that it need not be found out again. */
const RETENTION_MS = 5 * 60_000;
/** Which bucket a route counts in hardly ever changes. */
const BUCKET_RETENTION_MS = 24 * 60 * 60_000;
/** Places that become free together are counted together, which bounds the text. */
const COOLING_STEP_MS = 10;

function read(stored: string | undefined): State {
  if (stored === undefined) return EMPTY;
  try {
    const state = JSON.parse(stored) as Partial<State> | null;
    const isWhole =
      Array.isArray(state?.held) && Array.isArray(state.cooling) && typeof state.blockedUntilMs === "number";
    return isWhole ? (state as State) : EMPTY;
  } catch {
    // What nobody can read cannot be kept either: the limit is found out again.
    return EMPTY;
  }
}

function cool(cooling: State["cooling"], ended: LimitClaim["ended"], nowMs: number): Map<number, number> {
  const byMoment = new Map<number, number>();
  const add = (untilMs: number, count: number) => {
    if (untilMs > nowMs && count > 0) byMoment.set(untilMs, (byMoment.get(untilMs) ?? 0) + count);
  };
  for (const [untilMs, count] of cooling) add(untilMs, count);
  for (const { count, coolMs } of ended ?? [])
    add(Math.ceil((nowMs + coolMs) / COOLING_STEP_MS) * COOLING_STEP_MS, count);
  return byMoment;
}

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};

function freePlaces(state: State, taken: number, nowMs: number): number {
  if (state.bucket !== undefined || nowMs < state.blockedUntilMs) return 0;
  if (state.limit === undefined) return taken === 0 ? 1 : 0;
  return Math.max(0, state.limit - taken);
}

/**
 * What one claim makes of a shared limit, as a pure function. A place is taken from the claim until `coolMs` after the request's end, so
 * that no window of the server's, wherever it begins, counts more than the limit. `stored` is what the last step gave for the
 * key; `nowMs` comes from a clock that all processes agree on, such as the store's own.
 */
export function stepSharedLimit(stored: string | undefined, claim: LimitClaim, nowMs: number): SharedLimitStep {
  const before = read(stored);
  const limit = claim.limit ?? before.limit;
  const others = before.held.filter(([clientId, , untilMs]) => clientId !== claim.clientId && untilMs > nowMs);
  const cooling = cool(before.cooling, claim.ended, nowMs);
  const inUse = sum(others.map(([, count]) => count)) + claim.holding;
  let cooled = sum(cooling.values());
  if (claim.left !== undefined && limit !== undefined) {
    // Somebody sent without claiming: his places are taken as well.
    const unseen = limit - inUse - cooled - claim.left.count;
    const untilMs = Math.ceil((nowMs + claim.left.forMs) / COOLING_STEP_MS) * COOLING_STEP_MS;
    if (unseen > 0) cooling.set(untilMs, (cooling.get(untilMs) ?? 0) + unseen);
    cooled += Math.max(0, unseen);
  }
  const state: State = {
    limit,
    bucket: claim.bucket === undefined ? before.bucket : claim.bucket,
    blockedUntilMs: Math.max(before.blockedUntilMs, nowMs + (claim.blockMs ?? 0)),
    held: others,
    cooling: [...cooling],
  };
  const granted = Math.min(claim.want, freePlaces(state, limit === undefined ? inUse : inUse + cooled, nowMs));
  const own = claim.holding + granted;
  const after: State =
    own === 0 ? state : { ...state, held: [...others, [claim.clientId, own, nowMs + claim.holdMs] as const] };
  const opensAtMs = nowMs < state.blockedUntilMs ? state.blockedUntilMs : Math.min(...cooling.keys());
  const verdict: LimitVerdict = {
    granted,
    waitMs: Number.isFinite(opensAtMs) ? Math.max(1, opensAtMs - nowMs) : undefined,
    ...(state.bucket === undefined ? {} : { bucket: state.bucket }),
  };
  const busyMs =
    Math.max(state.blockedUntilMs, ...cooling.keys(), ...after.held.map(([, , untilMs]) => untilMs)) - nowMs;
  const ttlMs = Math.max(state.bucket === undefined ? RETENTION_MS : BUCKET_RETENTION_MS, busyMs);
  return { stored: JSON.stringify(after), ttlMs, verdict };
}
