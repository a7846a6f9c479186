import type { Snowflake } from "@antiphon/protocol/discord";
import { describeError, isAntiphonError, type Severity } from "@antiphon/std";

/** Where and for whom something failed. */
export interface ErrorPlace {
  readonly guildId?: Snowflake | undefined;
  readonly channelId?: Snowflake | undefined;
  readonly userId?: Snowflake | undefined;
  /** What the caller knows the work by, such as an interaction's id. */
  readonly requestId?: string | undefined;
}

/** What is known about a failure; immutable, each `with…` gives a copy. */
export interface ErrorContext extends ErrorPlace {
  /** The error's code, or its name when it has none. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** The source file that threw it, where the stack tells. */
  readonly file: string | undefined;
  /** The line in that file. */
  readonly line: number | undefined;
  /** The function that threw it. */
  readonly function: string | undefined;
  withGuildId(guildId: Snowflake): ErrorContext;
  withChannelId(channelId: Snowflake): ErrorContext;
  withUserId(userId: Snowflake): ErrorContext;
  withRequestId(requestId: string): ErrorContext;
}

type Facts = Omit<ErrorContext, "withGuildId" | "withChannelId" | "withUserId" | "withRequestId">;

/** Reads the topmost frame: `at name (file:///…/x.ts:12:3)` or `at /…/x.js:12:3`. */
function readFrame(stack: string | undefined): Pick<ErrorContext, "file" | "line" | "function"> {
  const frame = /^[ \t]*at (?:(?:async )?(?<name>[^\s(]+) .*?\()?(?<file>[^()\n]+?):(?<line>\d+):\d+\)?$/m.exec(
    stack ?? "",
  );
  const { name, file, line } = frame?.groups ?? {};
  return { file, line: line === undefined ? undefined : Number(line), function: name };
}

function contextOf(facts: Facts): ErrorContext {
  return Object.freeze({
    ...facts,
    withGuildId: (guildId) => contextOf({ ...facts, guildId }),
    withChannelId: (channelId) => contextOf({ ...facts, channelId }),
    withUserId: (userId) => contextOf({ ...facts, userId }),
    withRequestId: (requestId) => contextOf({ ...facts, requestId }),
  } satisfies ErrorContext);
}

/** What is known about anything that was thrown. */
export function createErrorContext(error: unknown, place: ErrorPlace = {}): ErrorContext {
  const { guildId, channelId, userId, requestId } = place;
  const { code, severity } = isAntiphonError(error)
    ? error
    : { code: error instanceof Error ? error.name : "UNKNOWN", severity: "error" as const };
  const frame = readFrame(error instanceof Error ? error.stack : undefined);
  return contextOf({ code, severity, message: describeError(error), ...frame, guildId, channelId, userId, requestId });
}
