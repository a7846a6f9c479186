import { describeWith } from "@antiphon/services";
import { expect, test } from "vitest";
import { connectNatsBus, type BusTransport } from "../src/index.ts";
import { freePorts, startNatsCluster, startNatsProcess } from "./nats-process.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = ({ data }: { readonly data: Uint8Array }) => new TextDecoder().decode(data);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

/** Publishes one after another without waiting; resolves when the bus has them all. */
function publishAll(bus: BusTransport, texts: readonly string[]): Promise<unknown> {
  return Promise.all(texts.map((text) => bus.publish("out.x", bytes(text), { id: text })));
}

describeWith("nats-server", "servers that die", () => {
  test("a killed server: everything arrives in order, none twice", { timeout: 180_000 }, async () => {
    await using server = await startNatsProcess((await freePorts(1))[0] ?? 0);
    const stream = { name: "out", subjects: ["out.>"] };
    await using bus = await connectNatsBus({ servers: `127.0.0.1:${server.port}`, stream });
    await using reader = await connectNatsBus({ servers: `127.0.0.1:${server.port}`, stream });
    const seen: string[] = [];
    const laneOf = ({ subject }: { readonly subject: string }) => subject;
    const handler = (message: { readonly data: Uint8Array }) => void seen.push(textOf(message));
    await reader.subscribe("out.x", handler, { durable: "reader", laneOf, ackWaitMs: 1_000 });
    const texts = numbers(1_000);
    const early = publishAll(bus, texts.slice(0, 400));
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBeGreaterThan(50);
    const killed = server.kill();
    const late = publishAll(bus, texts.slice(400, 700));
    await killed;
    const latest = publishAll(bus, texts.slice(700));
    await server.start();
    await Promise.all([early, late, latest]);
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(1_000);
    expect(seen).toEqual(texts);
    expect(bus.stats).toMatchObject({ published: 1_000, duplicates: 0, outboxSize: 0, outboxDropped: 0 });
    await expect.poll(() => reader.durableState("reader"), { timeout: 60_000 }).toEqual({ waiting: 0, inFlight: 0 });
  });

  test("a cluster of three that loses a node keeps everything", { timeout: 300_000 }, async () => {
    const nodes = await startNatsCluster();
    await using stack = new AsyncDisposableStack();
    for (const node of nodes) stack.use(node);
    const servers = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const stream = { name: "out", subjects: ["out.>"], replicas: 3 };
    // The cluster takes a while to elect who decides; until then it refuses streams, and the bus waits.
    const bus = stack.use(await connectNatsBus({ servers, stream, publishWindow: 1 }));
    const seen: string[] = [];
    const handler = (message: { readonly data: Uint8Array }) => void seen.push(textOf(message));
    await bus.subscribe("out.x", handler, { durable: "reader", ackWaitMs: 1_000, duplicateMemory: 1_000 });
    const texts = numbers(300);
    const early = publishAll(bus, texts.slice(0, 100));
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBeGreaterThan(10);
    await nodes[1]?.kill();
    const late = publishAll(bus, texts.slice(100));
    await Promise.all([early, late]);
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(300);
    expect(seen).toEqual(texts);
  });
});
