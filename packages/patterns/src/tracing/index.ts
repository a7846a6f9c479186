export { runInSpan, traced, type SpanOptions, type TracedOptions } from "./traced.ts";
export { continueTrace, currentTraceparent } from "./traceparent.ts";
