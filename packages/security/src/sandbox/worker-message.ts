/** Bounds of a run that hold in the thread where it happens. */
export interface RunLimits {
  /** What the guest's heap may take. */
  readonly memoryBytes: number;
  /** What the guest's stack may take. */
  readonly stackBytes: number;
  /** How long the run may take, waits included. */
  readonly timeoutMs: number;
  /** The longest result, and the longest argument of a call to the host, in UTF-16 units of JSON. */
  readonly maximumOutputLength: number;
  /** How many calls to the host a run may make. */
  readonly maximumHostCalls: number;
  /** How many lines a run may log. */
  readonly maximumLogLines: number;
}

/** What the main thread sends. */
export type WorkerCommand =
  | {
      readonly type: "run";
      readonly source: string;
      readonly functionName: string;
      /** A JSON array. */
      readonly argumentsJson: string;
      readonly modules: Readonly<Record<string, string>>;
      readonly grantNames: readonly string[];
      readonly limits: RunLimits;
    }
  | { readonly type: "answer"; readonly callId: number; readonly ok: boolean; readonly text: string };

/** Which way a run failed. */
export type RunFailure = "codeFailed" | "timedOut" | "outOfMemory" | "tooLarge" | "invalidResult" | "crashed";

/** How a run ended. */
export type RunOutcome =
  | { readonly ok: true; readonly json: string; readonly droppedLogLines: number }
  | { readonly ok: false; readonly failure: RunFailure; readonly message: string; readonly droppedLogLines: number };

/** What a run asks of the main thread. */
export type WorkerReport =
  | { readonly type: "started" }
  | { readonly type: "call"; readonly callId: number; readonly name: string; readonly argumentJson: string }
  | { readonly type: "log"; readonly level: string; readonly text: string }
  | { readonly type: "done"; readonly outcome: RunOutcome; readonly isClean: boolean };
