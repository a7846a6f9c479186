import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeEach, expect, test } from "vitest";
import { PatternsError } from "../error.ts";
import { continueTrace, currentTraceparent, runInSpan, traced } from "./index.ts";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);
beforeEach(() => exporter.reset());
afterAll(() => provider.shutdown());

const spans = () => exporter.getFinishedSpans();

test("a wrapped function makes a span of each call, inside of the current one", async () => {
  const load = traced({ attributes: { guildId: "9", token: "s3cret" } })(async function load(id: number) {
    return id * 2;
  });
  expect(await runInSpan("outer", () => load(21))).toBe(42);
  const [inner, outer] = spans();
  expect([inner?.name, outer?.name]).toEqual(["load", "outer"]);
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  expect(inner?.attributes).toEqual({ guildId: "9", token: "[redacted]" });
});

test("a failure is the span's status and is thrown on", async () => {
  const error = new PatternsError("PATTERNS_CLOSED", "closed for token=abcdefghijklmnop");
  await expect(runInSpan("work", () => Promise.reject(error))).rejects.toBe(error);
  expect(spans()[0]).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: expect.not.stringContaining("abcdefghijklmnop") },
    attributes: { "error.type": "PATTERNS_CLOSED" },
  });
});

test("a trace goes on in another process", async () => {
  const header = await runInSpan("here", () => currentTraceparent());
  expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  await continueTrace(header, () => runInSpan("there", () => {}));
  const [here, there] = spans();
  expect(there?.spanContext().traceId).toBe(here?.spanContext().traceId);
  expect(there?.parentSpanContext).toMatchObject({ spanId: here?.spanContext().spanId, isRemote: true });
});

test.each([
  undefined,
  "",
  "00-zz",
  `00-${"0".repeat(32)}-${"0".repeat(16)}-01`,
  `ff-${"a".repeat(32)}-${"b".repeat(16)}-01`,
])("a traceparent of %j begins a trace of its own", async (header) => {
  await continueTrace(header, () => runInSpan("alone", () => {}));
  expect(spans()[0]?.parentSpanContext).toBeUndefined();
});

test("outside of any span there is nothing to hand on", () => {
  expect(currentTraceparent()).toBeUndefined();
});
