import { buildModel, createLiveModel, type LiveModel } from "@antiphon/recommender/model";
import type { HistoryStore } from "@antiphon/recommender/store";
import type { Clock, Logger, Timer } from "@antiphon/std";

/** A model of what everybody heard here, which learns each play at once and is computed afresh now and then. */
export interface TasteModel extends AsyncDisposable {
  readonly model: LiveModel;
  /** Computes the model afresh, as after an import; those who ask while one is computed get the one after it. */
  refresh(): Promise<void>;
}

/** Options of {@link openTasteModel}. */
export interface TasteModelOptions {
  readonly store: HistoryStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two computations. Defaults to six hours. */
  readonly intervalMs?: number;
}

/** Opens an empty model at once and takes the history in behind it, in a thread: the bot does not wait for it. */
export async function openTasteModel(options: TasteModelOptions): Promise<TasteModel> {
  const { store, clock, logger, intervalMs = 6 * 3_600_000 } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const model = createLiveModel(await buildModel([]));
  let timer: Timer | undefined;

  const compute = async (): Promise<void> => {
    if (signal.aborted) return;
    timer?.cancel();
    try {
      // What is played from here to the take-over is in the store, and in the next model.
      model.replace(await buildModel(await Array.fromAsync(store.histories()), { signal, clock }));
      logger.debug("the model of what is heard here was computed", {
        listeners: model.userCount,
        tracks: model.itemCount,
      });
    } catch (error) {
      if (!signal.aborted) logger.warn("the model of what is heard here was not computed", { error });
    }
    if (!signal.aborted) timer = clock.setTimer(intervalMs, () => void refresh(), { keepAlive: false });
  };
  let running = compute();
  let next: Promise<void> | undefined;
  const refresh = (): Promise<void> => {
    // What was added since the one at work began is not in it.
    next ??= running.then(() => {
      next = undefined;
      running = compute();
      return running;
    });
    return next;
  };
  return {
    model,
    refresh,
    async [Symbol.asyncDispose]() {
      ending.abort();
      timer?.cancel();
      await next;
      await running;
    },
  };
}
