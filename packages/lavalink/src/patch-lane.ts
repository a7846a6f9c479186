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

/** Builds a {@link PatchLane}. */
export function createPatchLane(options: PatchLaneOptions): PatchLane {
  let pending: Batch | undefined;
  let underWay: { readonly batch: Batch; readonly controller: AbortController } | undefined;
  let held = false;
  let closed: LavalinkError | undefined;
  let waitTimer: Timer | undefined;

  const rejectAll = (batch: Batch | undefined, error: unknown) => {
    for (const waiter of batch?.waiters ?? []) waiter.reject(error);
  };
  const giveUpWaiting = () => {
    const seconds = options.waitLimitMs / 1000;
    const message = `Player ${options.guildId}: no node took the command within ${seconds} s. Check that a node runs.`;
    const batch = pending;
    pending = undefined;
    rejectAll(batch, new LavalinkError("LAVALINK_NODE_LOST", message, { retryable: true }));
  };
  const keepWaiting = () => {
    if (!held || pending === undefined || waitTimer !== undefined) return;
    waitTimer = options.clock.setTimer(
      options.waitLimitMs,
      () => {
        waitTimer = undefined;
        giveUpWaiting();
      },
      { keepAlive: false },
    );
  };

  const sendNext = async () => {
    if (held || underWay !== undefined || pending === undefined || closed !== undefined) {
      keepWaiting();
      return;
    }
    const batch = pending;
    const controller = new AbortController();
    pending = undefined;
    underWay = { batch, controller };
    try {
      const player = await options.send(batch.patch, controller.signal);
      underWay = undefined;
      options.confirmed(player);
      for (const waiter of batch.waiters) waiter.resolve();
    } catch (error) {
      const resend = held || (batch.resends < RESEND_LIMIT && (await options.shouldResend(error)));
      underWay = undefined;
      if (closed !== undefined) rejectAll(batch, closed);
      else if (resend) pending = mergeBatches({ ...batch, resends: batch.resends + 1 }, pending);
      else rejectAll(batch, error);
    }
    await sendNext();
  };

  return {
    submit(patch, signal) {
      if (closed !== undefined) return Promise.reject(closed);
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      const waiter = Promise.withResolvers<void>();
      const batch: Batch = { patch, waiters: [waiter], resends: 0 };
      pending = pending === undefined ? batch : mergeBatches(pending, batch);
      void sendNext();
      return withSignal(waiter.promise, signal);
    },
    get unconfirmed() {
      // Asked with every position of every player, and hardly ever is there anything.
      if (underWay === undefined) return pending?.patch ?? NOTHING;
      return pending === undefined ? underWay.batch.patch : mergePatches(underWay.batch.patch, pending.patch);
    },
    get held() {
      return held;
    },
    hold() {
      held = true;
      underWay?.controller.abort();
      keepWaiting();
    },
    release() {
      held = false;
      waitTimer?.cancel();
      waitTimer = undefined;
      void sendNext();
    },
    close(error) {
      closed = error;
      waitTimer?.cancel();
      underWay?.controller.abort();
      rejectAll(pending, error);
      pending = undefined;
    },
  };
}
