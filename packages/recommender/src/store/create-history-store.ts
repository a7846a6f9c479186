import { forgetListener } from "./forget-listener.ts";
import type { HistoryDriver } from "./history-driver.ts";
import { createHistorySession } from "./history-session.ts";
import type { HistoryStore } from "./history-store.ts";
import { createLibraryQueries } from "./library-queries.ts";
import { createListeningQueries } from "./listening-queries.ts";
import { createPlayQueries } from "./play-queries.ts";

/** Builds a store over a driver; every query is the same for all of them. */
export function createHistoryStore(driver: HistoryDriver, sessionGapMs: number): HistoryStore {
  const session = createHistorySession(driver);
  return {
    ...createPlayQueries(driver, session, sessionGapMs),
    ...createLibraryQueries(driver, session),
    ...createListeningQueries(session),
    forgetListener: (userId) => session.write((transaction) => forgetListener(driver, transaction, userId)),
    close: () => session.close(),
    [Symbol.asyncDispose]: () => session.close(),
  };
}
