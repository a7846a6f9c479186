import { SpanStatusCode, trace, type Attributes, type Span, type Tracer } from "@opentelemetry/api";
import { describeError, isAntiphonError } from "@antiphon/std";
import { createMethodWrapper, type MethodWrapper } from "../method-wrapper.ts";
import { redactFields, redactText } from "../redact.ts";

/** Options of {@link runInSpan}. */
export interface SpanOptions {
  /** Facts about the work, such as the guild; secrets among them are redacted. */
  readonly attributes?: Attributes;
  /** Who makes the span. Defaults to the tracer `antiphon` of the provider that the application registered; without one a span costs next to nothing. */
  readonly tracer?: Tracer;
}

/** Options of {@link traced}. */
export interface TracedOptions extends SpanOptions {
  /** What the spans are called. Defaults to the function's name. */
  readonly name?: string;
}

function recordFailure(span: Span, error: unknown): void {
  const message = redactText(describeError(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttribute("error.type", isAntiphonError(error) ? error.code : error instanceof Error ? error.name : "_OTHER");
}

/**
 * Runs `task` in a span of its own, inside of the current one. A failure becomes the span's status, with the error's code as `error.type`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/general/recording-errors/
 */
export function runInSpan<Result>(
  name: string,
  task: (span: Span) => Promise<Result> | Result,
  { attributes = {}, tracer = trace.getTracer("antiphon") }: SpanOptions = {},
): Promise<Result> {
  return tracer.startActiveSpan(name, { attributes: redactFields<Attributes>(attributes) }, async (span) => {
    try {
      return await task(span);
    } catch (error) {
      recordFailure(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Makes a span of each call of a function; decorator and higher-order function. */
export function traced({ name, ...options }: TracedOptions = {}): MethodWrapper {
  return createMethodWrapper((call, ownName) => runInSpan(name ?? ownName, call, options));
}
