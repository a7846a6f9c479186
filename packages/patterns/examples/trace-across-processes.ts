// A trace that begins in a bot and goes on in a worker: the spans of both hang together, and whatever speaks OpenTelemetry can show
// them. Here an exporter in memory takes the place of Jaeger, Tempo or a vendor.
// Here: `npx node --conditions=@antiphon/source packages/patterns/examples/trace-across-processes.ts`; in a project of your own:
// `node trace-across-processes.ts`.
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { continueTrace, currentTraceparent, runInSpan, traced } from "@antiphon/patterns/tracing";

// Without these four lines every call below runs just the same and no span is made: tracing is the operator's choice.
const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);

interface Job {
  readonly title: string;
  /** How the trace travels: one line of text beside the message, as HTTP's and NATS' headers have it. */
  readonly traceparent: string | undefined;
}
const queue: Job[] = [];

// In the bot.
const search = traced({ attributes: { source: "library", apiKey: "never exported" } })(async function search(
  words: string,
) {
  return `${words} (live)`;
});
await runInSpan("command /play", async () => {
  queue.push({ title: await search("harbour"), traceparent: currentTraceparent() });
});

// In the worker, which may be another process.
for (const { title, traceparent } of queue) {
  await continueTrace(traceparent, () =>
    runInSpan("play", async () => {
      await runInSpan("load track", () => Promise.reject(new Error(`${title} cannot be loaded`))).catch(() => {});
    }),
  );
}

const spans = exporter.getFinishedSpans();
const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
for (const { name, parentSpanContext, status, attributes } of spans) {
  const parent = nameOf.get(parentSpanContext?.spanId ?? "") ?? "nothing";
  console.log(`${name} below ${parent}`, status.message ?? "", attributes);
}
console.log(`traces: ${new Set(spans.map((span) => span.spanContext().traceId)).size}`);
await provider.shutdown();
