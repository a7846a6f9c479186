import { createKeyedMutex } from "@antiphon/std";
import { SecurityError, type SecurityErrorCode } from "../error.ts";
import { createFetchGrant, type FetchGrantOptions } from "./fetch-grant.ts";
import { parsePlainJson, type Grant, type JsonValue } from "./grant.ts";
import { startSandboxThread, type SandboxThread } from "./sandbox-thread.ts";
import type { RunFailure, RunLimits } from "./worker-message.ts";

/** A line that a guest logged. */
export interface SandboxLogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  /** At most 1,000 characters. */
  readonly text: string;
}

/** Options of {@link createSandbox}. Nothing is granted that is not named here. */
export interface SandboxOptions {
  /** What the guest's heap may take, in bytes. Defaults to 32 MiB. */
  readonly memoryBytes?: number | undefined;
  /** What the guest's stack may take, in bytes. Defaults to 256 KiB. */
  readonly stackBytes?: number | undefined;
  /** How long a run may take, its waits for the host included, in milliseconds. Defaults to 2,000. */
  readonly timeoutMs?: number | undefined;
  /** The longest source of a plugin or a module, in characters. Defaults to 262,144. */
  readonly maximumSourceLength?: number | undefined;
  /** The longest arguments and answers of grants that go in, in characters of JSON. Defaults to 4,194,304. */
  readonly maximumInputLength?: number | undefined;
  /** The longest result and arguments of grants that come out, in characters of JSON. Defaults to 262,144. */
  readonly maximumOutputLength?: number | undefined;
  /** How many calls to the host a run may make, fetches included. Defaults to 32. */
  readonly maximumHostCalls?: number | undefined;
  /** How many lines a run may log; more are counted and dropped. Defaults to 100. */
  readonly maximumLogLines?: number | undefined;
  /** How many runs may wait for the one under way. Defaults to 16. */
  readonly maximumWaitingRuns?: number | undefined;
  /** Functions that the guest finds at `host.NAME`; each takes one JSON value and promises another. */
  readonly grants?: Readonly<Record<string, Grant>> | undefined;
  /** Gives the guest a `fetch` of these hosts; without it there is none. */
  readonly fetch?: FetchGrantOptions | undefined;
  /** Modules that the guest may import, as source text by name. */
  readonly modules?: Readonly<Record<string, string>> | undefined;
  /** Told of what the guest logs. */
  readonly onLog?: ((line: SandboxLogLine) => void) | undefined;
}

/** Options of a run. */
export interface SandboxRunOptions {
  /** Which exported function is called. Defaults to `default`. */
  readonly functionName?: string | undefined;
  /** What it is called with. Defaults to nothing. */
  readonly arguments?: readonly JsonValue[] | undefined;
  /** Ends the run with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a run came to. */
export interface SandboxResult {
  /** What the function returned, as plain JSON; null for undefined. */
  readonly value: JsonValue;
  /** Lines that were logged past the limit. */
  readonly droppedLogLines: number;
}

/** A place for code that nobody vouches for. */
export interface Sandbox extends AsyncDisposable {
  /**
   * Runs an ES module in an interpreter of its own and calls a function that it exports. Runs take turns.
   *
   * @throws SecurityError with a code SECURITY_SANDBOX_…; the signal's reason when it aborts
   */
  run(source: string, options?: SandboxRunOptions): Promise<SandboxResult>;
  /** Adds a module to those that plugins may import, from the next run on. @throws SecurityError SECURITY_SANDBOX_TOO_LARGE */
  allowModule(name: string, source: string): void;
  /** Ends what runs; idempotent. */
  close(): Promise<void>;
}

const CODES: Readonly<Record<RunFailure, SecurityErrorCode>> = {
  codeFailed: "SECURITY_SANDBOX_CODE_FAILED",
  timedOut: "SECURITY_SANDBOX_TIMED_OUT",
  outOfMemory: "SECURITY_SANDBOX_OUT_OF_MEMORY",
  tooLarge: "SECURITY_SANDBOX_TOO_LARGE",
  invalidResult: "SECURITY_SANDBOX_INVALID_RESULT",
  crashed: "SECURITY_SANDBOX_CRASHED",
};

function assertLength(what: string, text: string, maximum: number): void {
  if (text.length <= maximum) return;
  const message = `${what} has ${text.length} characters; ${maximum} are allowed.`;
  throw new SecurityError("SECURITY_SANDBOX_TOO_LARGE", message);
}

function limitsOf(options: SandboxOptions): RunLimits {
  const limits = {
    memoryBytes: options.memoryBytes ?? 32 * 1024 ** 2,
    stackBytes: options.stackBytes ?? 256 * 1024,
    timeoutMs: options.timeoutMs ?? 2_000,
    maximumOutputLength: options.maximumOutputLength ?? 262_144,
    maximumHostCalls: options.maximumHostCalls ?? 32,
    maximumLogLines: options.maximumLogLines ?? 100,
  };
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new SecurityError(
      "SECURITY_INVALID_ARGUMENT",
      `createSandbox: ${name} is a whole number from 0, not ${value}.`,
    );
  }
  return limits;
}

/** Makes the one function that answers all of a guest's calls. */
function createAnswerer(grants: ReadonlyMap<string, Grant>, maximumInputLength: number) {
  return async (name: string, argumentJson: string, signal: AbortSignal): Promise<{ ok: boolean; text: string }> => {
    try {
      const grant = grants.get(name);
      if (grant === undefined) throw new Error(`There is no "${name}".`);
      const text = JSON.stringify((await grant(parsePlainJson(argumentJson), { signal })) ?? null);
      assertLength("The answer", text, maximumInputLength);
      return { ok: true, text };
    } catch (error) {
      return { ok: false, text: error instanceof Error ? error.message : "The call failed." };
    }
  };
}

/**
 * Builds a {@link Sandbox}: QuickJS in WebAssembly, in a thread of its own that is started by the first run. The guest has the
 * language and nothing else: no files, no network, no timers, no process.
 *
 * @throws SecurityError SECURITY_INVALID_ARGUMENT, SECURITY_SANDBOX_TOO_LARGE
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const { maximumSourceLength = 262_144, maximumInputLength = 4_194_304, maximumWaitingRuns = 16 } = options;
  const limits = limitsOf(options);
  const modules = new Map(Object.entries(options.modules ?? {}));
  for (const [name, source] of modules) assertLength(`The module "${name}"`, source, maximumSourceLength);
  const grants = new Map(Object.entries(options.grants ?? {}));
  if (options.fetch !== undefined) grants.set("fetch", createFetchGrant(options.fetch));
  const answerCall = createAnswerer(grants, maximumInputLength);
  const closing = new AbortController();
  const turns = createKeyedMutex<"run">();
  let waiting = 0;
  let thread: SandboxThread | undefined;

  const assertOpen = () => {
    if (closing.signal.aborted) throw new SecurityError("SECURITY_SANDBOX_CLOSED", "The sandbox was closed.");
  };
  const runNow = async (
    source: string,
    functionName: string,
    argumentsJson: string,
    signal: AbortSignal | undefined,
  ) => {
    assertOpen();
    signal?.throwIfAborted();
    if (thread?.isUsable !== true) thread = startSandboxThread(limits.memoryBytes);
    const current = thread;
    const over = new AbortController();
    const callSignal = over.signal;
    const listener = {
      onCall(callId: number, name: string, argumentJson: string) {
        void answerCall(name, argumentJson, callSignal).then(({ ok, text }) => {
          if (!callSignal.aborted) current.answer(callId, ok, text);
        });
      },
      onLog: (level: string, text: string) => options.onLog?.({ level: level as SandboxLogLine["level"], text }),
    };
    const grantNames = [...grants.keys()];
    const command = { type: "run", source, functionName, argumentsJson, grantNames, limits } as const;
    const stop = AbortSignal.any([closing.signal, ...(signal === undefined ? [] : [signal])]);
    const outcome = await current.run({ ...command, modules: Object.fromEntries(modules) }, listener, stop);
    over.abort();
    signal?.throwIfAborted();
    assertOpen();
    const { droppedLogLines } = outcome;
    if (outcome.ok) return { value: parsePlainJson(outcome.json), droppedLogLines };
    throw new SecurityError(CODES[outcome.failure], outcome.message, { details: { droppedLogLines } });
  };

  const close = async () => {
    closing.abort();
    await thread?.close();
  };
  return {
    async run(source, { functionName = "default", arguments: values = [], signal } = {}) {
      assertOpen();
      assertLength("The code", source, maximumSourceLength);
      const argumentsJson = JSON.stringify(values);
      assertLength("The list of arguments", argumentsJson, maximumInputLength);
      if (waiting > maximumWaitingRuns) {
        const message = `${maximumWaitingRuns} runs are waiting already. Try again later.`;
        throw new SecurityError("SECURITY_SANDBOX_BUSY", message, { retryable: true });
      }
      waiting += 1;
      try {
        return await turns.run("run", () => runNow(source, functionName, argumentsJson, signal), { signal });
      } finally {
        waiting -= 1;
      }
    },
    allowModule(name, source) {
      assertLength(`The module "${name}"`, source, maximumSourceLength);
      modules.set(name, source);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
