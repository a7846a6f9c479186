import { context, isSpanContextValid, trace, TraceFlags } from "@opentelemetry/api";

/** Version 00: trace id, parent id, flags, in lower case hexadecimal. */
const TRACEPARENT = /^00-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;

/**
 * The current span for another process, as the header `traceparent`; undefined outside of any span.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function currentTraceparent(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`;
}

/** Runs `task` as part of the trace that a `traceparent` of another process names; one that is missing or malformed is ignored, as the specification wants it. */
export function continueTrace<Result>(traceparent: string | undefined, task: () => Result): Result {
  const { traceId, spanId, flags } = TRACEPARENT.exec(traceparent ?? "")?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return task();
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const parent = { traceId, spanId, traceFlags, isRemote: true };
  if (!isSpanContextValid(parent)) return task();
  return context.with(trace.setSpanContext(context.active(), parent), task);
}
