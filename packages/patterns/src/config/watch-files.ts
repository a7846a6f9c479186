import { watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import type { Clock, Timer } from "@antiphon/std";

/** Editors and deployments touch a file several times for one change. */
const SETTLE_MS = 100;

/**
 * Calls `onChange` when one of the files was changed, created or replaced, once they have been left alone for 100 ms. Folders are
 * watched rather than files, because most programs replace a file instead of writing into it.
 */
export function watchFiles(files: readonly string[], clock: Clock, onChange: () => void): Disposable {
  let timer: Timer | undefined;
  const touch = () => {
    timer?.cancel();
    timer = clock.setTimer(SETTLE_MS, onChange, { keepAlive: false });
  };
  const folders = Map.groupBy(files, dirname);
  const watchers = [...folders].map(([folder, inside]): FSWatcher => {
    const names = new Set(inside.map((file) => basename(file)));
    // Some systems do not say which file it was.
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || names.has(name)) touch();
    });
    // The folder is gone: there is nothing more to see, and the configuration in use stays.
    return watcher.on("error", () => watcher.close());
  });
  return {
    [Symbol.dispose]() {
      timer?.cancel();
      for (const watcher of watchers) watcher.close();
    },
  };
}
