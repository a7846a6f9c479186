import { describeError } from "@antiphon/std";
import { PatternsError } from "../error.ts";

type Dispose = ((instance: never) => unknown) | undefined;

/** What has to be disposed, in the order in which it was built. */
export interface DisposalList {
  add(name: string, instance: unknown, dispose: Dispose): void;
  /** Disposes everything, the newest first. @throws PatternsError PATTERNS_SHUTDOWN_FAILED */
  disposeAll(): Promise<void>;
}

const methods = [Symbol.asyncDispose, Symbol.dispose, "close"] as const;

/** The method by which an instance frees itself, if it has one. */
function ownMethod(instance: unknown): (() => unknown) | undefined {
  if ((typeof instance !== "object" && typeof instance !== "function") || instance === null) return undefined;
  const owner = instance as Partial<Record<(typeof methods)[number], unknown>>;
  const name = methods.find((each) => typeof owner[each] === "function");
  return name === undefined ? undefined : (owner[name] as () => unknown);
}

/** Whether there is anything to do for an instance when its container closes. */
export function isDisposable(instance: unknown, dispose: Dispose): boolean {
  return dispose !== undefined || ownMethod(instance) !== undefined;
}

/** Frees one instance: by `dispose`, or by its own `Symbol.asyncDispose`, `Symbol.dispose` or `close`. */
export async function disposeInstance(instance: unknown, dispose: Dispose): Promise<void> {
  if (dispose !== undefined) {
    await dispose(instance as never);
    return;
  }
  await ownMethod(instance)?.call(instance);
}

/** Builds a {@link DisposalList}. */
export function createDisposalList(): DisposalList {
  const entries: { readonly name: string; readonly instance: unknown; readonly dispose: Dispose }[] = [];
  return {
    add: (name, instance, dispose) => void entries.push({ name, instance, dispose }),
    async disposeAll() {
      const failures: { readonly name: string; readonly error: unknown }[] = [];
      for (const { name, instance, dispose } of entries.splice(0).toReversed()) {
        try {
          await disposeInstance(instance, dispose);
        } catch (error) {
          failures.push({ name, error });
        }
      }
      if (failures.length === 0) return;
      const lines = failures.map(({ name, error }) => `${name}: ${describeError(error)}`);
      throw new PatternsError("PATTERNS_SHUTDOWN_FAILED", `These services failed to close: ${lines.join("; ")}.`, {
        cause: new AggregateError(failures.map(({ error }) => error)),
        details: { services: failures.map(({ name }) => name) },
      });
    },
  };
}
