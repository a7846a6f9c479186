import type { PlayerPatch, WirePlayer } from "@antiphon/protocol/lavalink";
import { abortReason, withSignal, type Clock, type Timer } from "@antiphon/std";
import { LavalinkError } from "./error.ts";

/** What a {@link PatchLane} is built from. */
export interface PatchLaneOptions {
  readonly guildId: string;
  readonly clock: Clock;
  /** Commands that wait longer than this for a node are given up. */
  readonly waitLimitMs: number;
  send(patch: PlayerPatch, signal: AbortSignal): Promise<WirePlayer>;
  /** Whether a failed patch shall be sent again, after whatever has to happen before. */
  shouldResend(error: unknown): Promise<boolean>;
  /** Told what the node answered. */
  confirmed(player: WirePlayer): void;
}

/**
 * The commands to one player: at most one PATCH is under way, and all that come meanwhile become one more, in which the latest
 * value of each field wins. So a hundred turns of the volume cost two requests, and nothing overtakes anything.
 */
export interface PatchLane {
  /** Resolves when the node has confirmed the patch, or what came to replace it. */
  submit(patch: PlayerPatch, signal?: AbortSignal): Promise<void>;
  /** What was asked and is not confirmed yet. */
  readonly unconfirmed: PlayerPatch;
  /** Whether commands wait for `release`. */
  readonly held: boolean;
  /** Calls back what is under way and keeps everything until `release`. */
  hold(): void;
  release(): void;
  /** Rejects everything, now and from now on. */
  close(error: LavalinkError): void;
}

interface Batch {
  readonly patch: PlayerPatch;
  readonly waiters: readonly PromiseWithResolvers<void>[];
  readonly resends: number;
}

interface UnderWay {
  readonly batch: Batch;
  readonly controller: AbortController;
}

const RESEND_LIMIT = 3;
const NOTHING: PlayerPatch = {};

/** Two patches as one: the later wins field by field, and a new track ends what was asked about the one before. */
export function mergePatches(earlier: PlayerPatch, later: PlayerPatch): PlayerPatch {
  if (later.track === undefined) return { ...earlier, ...later };
  const { position: _position, endTime: _endTime, ...rest } = earlier;
  return { ...rest, ...later };
}

function mergeBatches(earlier: Batch, later: Batch | undefined): Batch {
  if (later === undefined) return earlier;
  return {
    patch: mergePatches(earlier.patch, later.patch),
    waiters: [...earlier.waiters, ...later.waiters],
    resends: Math.max(earlier.resends, later.resends),
  };
}

class MergingLane implements PatchLane {
  readonly #options: PatchLaneOptions;
  #pending: Batch | undefined;
  #underWay: UnderWay | undefined;
  #held = false;
  #closed: LavalinkError | undefined;
  #waitTimer: Timer | undefined;

  constructor(options: PatchLaneOptions) {
    this.#options = options;
  }
  get held(): boolean {
    return this.#held;
  }
  get unconfirmed(): PlayerPatch {
    // Asked with every position of every player, and hardly ever is there anything.
    if (this.#underWay === undefined) return this.#pending?.patch ?? NOTHING;
    const { patch } = this.#underWay.batch;
    return this.#pending === undefined ? patch : mergePatches(patch, this.#pending.patch);
  }
  submit(patch: PlayerPatch, signal?: AbortSignal): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted === true) return Promise.reject(abortReason(signal));
    const waiter = Promise.withResolvers<void>();
    const batch: Batch = { patch, waiters: [waiter], resends: 0 };
    this.#pending = this.#pending === undefined ? batch : mergeBatches(this.#pending, batch);
    void this.#sendNext();
    return withSignal(waiter.promise, signal);
  }
  hold(): void {
    this.#held = true;
    this.#underWay?.controller.abort();
    this.#keepWaiting();
  }
  release(): void {
    this.#held = false;
    this.#waitTimer?.cancel();
    this.#waitTimer = undefined;
    void this.#sendNext();
  }
  close(error: LavalinkError): void {
    this.#closed = error;
    this.#waitTimer?.cancel();
    this.#underWay?.controller.abort();
    rejectAll(this.#pending, error);
    this.#pending = undefined;
  }

  #giveUpWaiting(): void {
    const { guildId, waitLimitMs } = this.#options;
    const message = `Player ${guildId}: no node took the command within ${waitLimitMs / 1000} s. Check that a node runs.`;
    const batch = this.#pending;
    this.#pending = undefined;
    rejectAll(batch, new LavalinkError("LAVALINK_NODE_LOST", message, { retryable: true }));
  }
  #keepWaiting(): void {
    if (!this.#held || this.#pending === undefined || this.#waitTimer !== undefined) return;
    const giveUp = () => {
      this.#waitTimer = undefined;
      this.#giveUpWaiting();
    };
    this.#waitTimer = this.#options.clock.setTimer(this.#options.waitLimitMs, giveUp, { keepAlive: false });
  }
  async #sendNext(): Promise<void> {
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) await this.#send(next);
    this.#keepWaiting();
  }
  /** What may be sent now; from then on it is under way. */
  #takeNext(): UnderWay | undefined {
    const batch = this.#pending;
    if (this.#held || this.#underWay !== undefined || this.#closed !== undefined || batch === undefined)
      return undefined;
    this.#pending = undefined;
    return (this.#underWay = { batch, controller: new AbortController() });
  }
  async #send({ batch, controller }: UnderWay): Promise<void> {
    try {
      const player = await this.#options.send(batch.patch, controller.signal);
      this.#underWay = undefined;
      this.#options.confirmed(player);
      for (const waiter of batch.waiters) waiter.resolve();
    } catch (error) {
      const resend = this.#held || (batch.resends < RESEND_LIMIT && (await this.#options.shouldResend(error)));
      this.#underWay = undefined;
      if (this.#closed !== undefined) rejectAll(batch, this.#closed);
      else if (resend) this.#pending = mergeBatches({ ...batch, resends: batch.resends + 1 }, this.#pending);
      else rejectAll(batch, error);
    }
  }
}

function rejectAll(batch: Batch | undefined, error: unknown): void {
  for (const waiter of batch?.waiters ?? []) waiter.reject(error);
}

/** Builds a {@link PatchLane}. */
export function createPatchLane(options: PatchLaneOptions): PatchLane {
  return new MergingLane(options);
}
