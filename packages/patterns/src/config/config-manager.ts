import { isDeepStrictEqual } from "node:util";
import { createEmitter, systemClock, toDisposable, type Clock, type EventSource } from "@antiphon/std";
import type { z } from "zod";
import { PatternsError } from "../error.ts";
import { checkConfig } from "./check-config.ts";
import { leavesOf, type ConfigTree } from "./config-layer.ts";
import { valueAt, type ConfigPath, type ValueAt } from "./config-path.ts";
import { overlayFile, readLayers } from "./read-layers.ts";
import type { VariableNames } from "./variables.ts";
import { watchFiles } from "./watch-files.ts";

/** Options of {@link openConfig}. */
export interface ConfigOptions<Schema extends z.ZodType> {
  /** What the configuration must be; its defaults are the configuration's. */
  readonly schema: Schema;
  /** A JSON file, which must exist. */
  readonly baseFile?: string | undefined;
  /** Whose overlay is laid over the base file: `config/base.production.json`. Defaults to `ANTIPHON_ENV`, or with a prefix `PREFIX_ENV`. */
  readonly environment?: string | undefined;
  /** A file of variables, which may be missing; real variables win over it. */
  readonly dotenvFile?: string | undefined;
  /** Which variables set which values. */
  readonly variables?: VariableNames;
  /** The variables. Defaults to this process's. */
  readonly environmentVariables?: Readonly<Record<string, string | undefined>>;
  /** Passphrases for `enc:v1:` values and files, the newest first. Defaults to `ENCRYPTION_KEY` and `ENCRYPTION_KEY_PREVIOUS`. */
  readonly encryptionKeys?: readonly string[];
  /** Values that win over everything, as from a command line. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Time of the pause before a changed file is read. */
  readonly clock?: Clock;
}

/** What a configuration tells. */
export type ConfigEvent<Value> =
  | { readonly type: "change"; readonly keys: readonly string[]; readonly previous: Value; readonly current: Value }
  | { readonly type: "reloadFailed"; readonly error: unknown };

/** A checked configuration that can follow its files. */
export interface ConfigManager<Value extends object>
  extends Pick<EventSource<ConfigEvent<Value>>, "on" | "events">, Disposable {
  /** The whole configuration, frozen; a reload puts another object in its place. */
  readonly value: Value;
  /** Which overlay is in use. */
  readonly environment: string | undefined;
  /** What stands at a dotted path. */
  get<Path extends ConfigPath<Value>>(path: Path): ValueAt<Value, Path>;
  /** What stands at a dotted path, or `fallback` when nothing does. */
  get<Path extends ConfigPath<Value>>(
    path: Path,
    fallback: NonNullable<ValueAt<Value, Path>>,
  ): NonNullable<ValueAt<Value, Path>>;
  /**
   * Reads everything again. All of it is taken over, or nothing.
   *
   * @throws ConfigurationError, and PatternsError PATTERNS_CONFIGURATION_UNREADABLE or PATTERNS_DECRYPTION_FAILED; the old
   * configuration stays
   */
  reload(): Promise<void>;
  /** Changes to the overlay of another environment; throws as `reload` does. */
  loadEnvironment(environment: string): Promise<void>;
  /** Checks what a reload would take over, and takes over nothing; throws as `reload` does. */
  validate(): Promise<void>;
  /** Reloads whenever a file changes; a change that does not fit is told by `reloadFailed`. Disposing stops. */
  watch(): Disposable;
  /** Stops watching and ends all listening. */
  close(): void;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Dates, maps and instances keep their state elsewhere; freezing them would say more than it does.
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

function changedKeys(previous: object, current: object): readonly string[] {
  const trees = [previous as ConfigTree, current as ConfigTree];
  const keys = new Set(trees.flatMap((tree) => [...leavesOf(tree)].map(([path]) => path.join("."))));
  return [...keys].filter((key) => !isDeepStrictEqual(valueAt(previous, key), valueAt(current, key))).sort();
}

/**
 * Reads a configuration: base file, environment overlay, `.env`, environment variables, overrides; later ones win.
 *
 * @throws ConfigurationError with a line for each value that does not fit, naming key, place and what was expected; PatternsError
 * PATTERNS_CONFIGURATION_UNREADABLE or PATTERNS_DECRYPTION_FAILED
 */
export async function openConfig<Schema extends z.ZodType<object>>(
  options: ConfigOptions<Schema>,
): Promise<ConfigManager<z.output<Schema>>> {
  type Value = z.output<Schema>;
  const { schema, baseFile, dotenvFile, variables = {}, environmentVariables = process.env, overrides = {} } = options;
  const { encryptionKeys, clock = systemClock } = options;
  const emitter = createEmitter<ConfigEvent<Value>>();
  const watches = new Set<Disposable>();
  let environment = options.environment ?? environmentVariables[`${variables.prefix ?? "ANTIPHON_"}ENV`];

  const read = async (overlay: string | undefined): Promise<Value> => {
    const places = {
      baseFile,
      environment: overlay,
      dotenvFile,
      variables,
      environmentVariables,
      encryptionKeys,
      overrides,
    };
    return deepFreeze(checkConfig(schema, await readLayers(places), { variables, baseFile }));
  };
  let current = await read(environment);
  // Reloads run one after another, so that an older reading never replaces a newer one.
  let last: Promise<unknown> = Promise.resolve();
  const takeOver = (overlay: () => string | undefined): Promise<void> => {
    const next = last.then(async () => {
      const chosen = overlay();
      const value = await read(chosen);
      const previous = current;
      const keys = changedKeys(previous, value);
      environment = chosen;
      if (keys.length === 0) return;
      current = value;
      emitter.emit({ type: "change", keys, previous, current });
    });
    last = next.catch(() => {});
    return next;
  };

  const manager: ConfigManager<Value> = {
    get value() {
      return current;
    },
    get environment() {
      return environment;
    },
    get: (path: string, fallback?: unknown) => (valueAt(current, path) ?? fallback) as never,
    reload: () => takeOver(() => environment),
    loadEnvironment: (name) => takeOver(() => name),
    async validate() {
      await read(environment);
    },
    watch() {
      const overlay =
        baseFile === undefined || environment === undefined ? undefined : overlayFile(baseFile, environment);
      const files = [baseFile, overlay, dotenvFile].filter((file) => file !== undefined);
      if (files.length === 0)
        throw new PatternsError("PATTERNS_INVALID_ARGUMENT", "watch: the configuration has no file.");
      const watching = watchFiles(files, clock, () => {
        manager.reload().catch((error: unknown) => emitter.emit({ type: "reloadFailed", error }));
      });
      watches.add(watching);
      return toDisposable(() => {
        watches.delete(watching);
        watching[Symbol.dispose]();
      });
    },
    close() {
      for (const watching of watches) watching[Symbol.dispose]();
      watches.clear();
      emitter.close();
    },
    on: emitter.on,
    events: emitter.events,
    [Symbol.dispose]: () => manager.close(),
  };
  return manager;
}
