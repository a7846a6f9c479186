import type { DatabaseSync } from "node:sqlite";

/** Runs a task that is done whole or not at all. */
export function inTransaction<T>(database: DatabaseSync, task: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = task();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
