import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFields } from "@antiphon/std";

const storage = new AsyncLocalStorage<LogFields>();

/** The fields that every line of the current call carries. */
export function currentLogContext(): LogFields | undefined {
  return storage.getStore();
}

/** Runs `task` so that every line it writes, through any logger and after any `await`, carries these fields. */
export function withLogContext<Result>(fields: LogFields, task: () => Result): Result {
  return storage.run({ ...storage.getStore(), ...fields }, task);
}
