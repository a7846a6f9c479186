import { describeError } from "@antiphon/std";
import type { Kysely, Transaction } from "kysely";
import { RecommenderError } from "../error.ts";
import type { HistoryDriver } from "./history-driver.ts";
import type { HistorySchema } from "./history-schema.ts";

/** The way of every query to the database: it is refused after the end, and a failure gets a code. */
export interface HistorySession {
  read<T>(task: (database: Kysely<HistorySchema>) => Promise<T>): Promise<T>;
  /** Does a task whole or not at all. */
  write<T>(task: (transaction: Transaction<HistorySchema>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Builds a {@link HistorySession}. */
export function createHistorySession(driver: HistoryDriver): HistorySession {
  let closing: Promise<void> | undefined;
  const guard = async <T>(task: () => Promise<T>): Promise<T> => {
    if (closing !== undefined)
      throw new RecommenderError("RECOMMENDER_STORE_CLOSED", "The listening history is closed already.");
    try {
      return await task();
    } catch (error) {
      throw error instanceof RecommenderError ? error : storeError(driver, error);
    }
  };
  return {
    read: (task) => guard(() => task(driver.database)),
    write: (task) =>
      guard(async () => {
        try {
          return await driver.database.transaction().execute((transaction) => {
            driver.beforeTransaction?.();
            return task(transaction);
          });
        } catch (error) {
          driver.forgetRemembered?.();
          throw error;
        }
      }),
    close: () => (closing ??= driver.close()),
  };
}

function storeError(driver: HistoryDriver, cause: unknown): RecommenderError {
  const { place } = driver;
  if (driver.isFull(cause)) {
    return new RecommenderError(
      "RECOMMENDER_STORE_FULL",
      `Cannot write the listening history at ${place}: no room is left. Nothing of this change was kept; make room and do it again.`,
      { cause, retryable: true, details: { place } },
    );
  }
  return new RecommenderError(
    "RECOMMENDER_STORE_UNAVAILABLE",
    `Cannot use the listening history at ${place}: ${describeError(cause)}. Nothing of this change was kept.`,
    { cause, retryable: true, details: { place } },
  );
}
