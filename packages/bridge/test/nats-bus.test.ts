import { describeWith, startNats } from "@antiphon/services";
import { createManualClock, type Logger } from "@antiphon/std";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeBusTransport } from "../src/bus/bus-transport.contract.ts";
import { describeCoreBus } from "../src/bus/core-bus.contract.ts";
import { MAXIMUM_MESSAGE_BYTES } from "../src/bus/bus-transport.ts";
import { describeDeadLetters } from "../src/bus/dead-letters.contract.ts";
import { describeDurableStream } from "../src/bus/durable-stream.contract.ts";
import { connectNatsBus } from "../src/bus/nats-bus.ts";
import { connectNatsCoreBus } from "../src/bus/nats-core-bus.ts";
import { describeService } from "../src/service/service.contract.ts";
import { startCutProxy } from "./cut-proxy.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("an address where nothing listens is named, without its password", async () => {
  const failure = connectNatsBus({
    servers: "nats://user:hidden@127.0.0.1:1",
    stream: { name: "s", subjects: ["s.>"] },
  });
  await expect(failure).rejects.toMatchObject({
    code: "BRIDGE_CONNECT_FAILED",
    message: expect.stringContaining("127.0.0.1:1"),
  });
  await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining("hidden") });
});

describeWith("nats-server", "NATS bus on a real server", () => {
  let server: Awaited<ReturnType<typeof startNats>>;
  let streams = 0;
  beforeAll(async () => {
    server = await startNats({ jetstream: true });
  });
  afterAll(() => server.close());

  const openOn = async (port: number, prefix = `bus${streams++}`, logger?: Logger) => {
    const bus = await connectNatsBus({
      servers: `127.0.0.1:${port}`,
      stream: { name: prefix, subjects: [`${prefix}.>`] },
      logger,
    });
    return { bus, prefix };
  };

  describeBusTransport("NATS", () => openOn(server.port));
  describeCoreBus("NATS", () => connectNatsCoreBus({ servers: `127.0.0.1:${server.port}` }));
  describeDeadLetters("NATS", async (logger) => ({
    ...(await openOn(server.port, undefined, logger)),
    mostBytes: MAXIMUM_MESSAGE_BYTES,
  }));
  describeDurableStream("NATS", (logger) => openOn(server.port, undefined, logger));
  describeService("NATS", () => openOn(server.port));

  test("workers that start together make one stream and one table, and can use them at once", async () => {
    // Each round is a new chance for the race: the server lists a stream before it has set it up.
    for (let round = 0; round < 25; round++) {
      const prefix = `together${streams++}`;
      const start = async (worker: number) => {
        const { bus } = await openOn(server.port, prefix);
        const table = await bus.openKeyValue(prefix, { create: true });
        expect(await table.get("key")).toBeUndefined();
        await bus.publish(`${prefix}.x`, bytes(`${worker}`), { id: `${worker}` });
        return { bus, table };
      };
      const workers = await Promise.all([0, 1, 2].map(start));
      const wrote = await Promise.allSettled(workers.map(({ table }) => table.putIf("key", bytes("mine"), 0)));
      expect(wrote.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      await Promise.all(workers.map(({ bus }) => bus.close()));
    }
  });

  test("nothing published during an outage is lost, doubled or out of order", async () => {
    const proxy = await startCutProxy(server.port);
    const { bus, prefix } = await openOn(proxy.port);
    const watcher = await openOn(server.port, prefix);
    const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    await watcher.bus.subscribe(`${prefix}.x`, ({ data }) => {
      seen.push(new TextDecoder().decode(data));
      if (seen.length === texts.length) done.resolve();
    });
    const publish = (text: string) => bus.publish(`${prefix}.x`, bytes(text), { id: text });
    const early = texts.slice(0, 100).map(publish);
    await early[20];
    proxy.cut();
    const late = texts.slice(100).map(publish);
    expect(bus.stats.outboxSize).toBeGreaterThan(99);
    proxy.mend();
    await Promise.all([...early, ...late, done.promise]);
    expect(seen).toEqual(texts);
    expect(bus.stats.outboxSize).toBe(0);
    await Promise.all([bus.close(), watcher.bus.close(), proxy.close()]);
  });

  test("nothing sent during an outage is lost or out of order", async () => {
    const proxy = await startCutProxy(server.port);
    const bus = await connectNatsCoreBus({ servers: `127.0.0.1:${proxy.port}` });
    const watcher = await connectNatsCoreBus({ servers: `127.0.0.1:${server.port}` });
    const texts = Array.from({ length: 1_000 }, (_, index) => `${index}`);
    const seen = new Set<string>();
    await watcher.listen("sent.x", ({ id, data }) => {
      expect(new TextDecoder().decode(data)).toBe(id);
      seen.add(id);
    });
    const send = (text: string) => bus.send("sent.x", bytes(text), { id: text });
    const early = texts.slice(0, 400).map(send);
    await early[300];
    proxy.cut();
    const late = texts.slice(400).map(send);
    await expect.poll(() => bus.connected).toBe(false);
    proxy.mend();
    await Promise.all([...early, ...late]);
    await expect.poll(() => seen.size).toBe(1_000);
    expect([...seen]).toEqual(texts);
    expect(bus.connected).toBe(true);
    await Promise.all([bus.close(), watcher.close(), proxy.close()]);
  });

  test("closing during an outage ends, also when a handler waits for the bus", async () => {
    for (const call of ["publish", "send"] as const) {
      const proxy = await startCutProxy(server.port);
      const clock = createManualClock();
      const stream = { name: `closing_${call}`, subjects: [`closing_${call}.>`] };
      const bus = await connectNatsBus({ servers: `127.0.0.1:${proxy.port}`, stream, clock });
      const begun = Promise.withResolvers<void>();
      let outcome: unknown;
      const handler = async () => {
        proxy.cut();
        begun.resolve();
        await bus[call](`${stream.name}.y`, bytes(""), { id: "y" }).catch((error: unknown) => (outcome = error));
      };
      await bus.subscribe(`${stream.name}.x`, handler, { durable: "d" });
      await bus.publish(`${stream.name}.x`, bytes(""), { id: "x" });
      await begun.promise;
      let closed = false;
      const closing = bus.close().then(() => (closed = true));
      const pass = async () => {
        await clock.advance(1_000);
        return closed;
      };
      await expect.poll(pass, { timeout: 60_000 }).toBe(true);
      await closing;
      expect(outcome).toMatchObject({ code: "BRIDGE_CLOSED" });
      await proxy.close();
    }
  }, 120_000);

  test("a server that is given up closes the bus: what waits is told, and so is who asks", async () => {
    const proxy = await startCutProxy(server.port);
    const stream = { name: "given_up", subjects: ["given_up.>"] };
    const limits = { maximumReconnectAttempts: 2, reconnectWaitMs: 20 };
    const bus = await connectNatsBus({ servers: `127.0.0.1:${proxy.port}`, stream, ...limits });
    await bus.subscribe("given_up.>", () => {}, { durable: "d" });
    await bus.subscribe("given_up.>", () => {});
    await bus.listen("given_up.>", () => {});
    proxy.cut();
    const waiting = Promise.allSettled([
      bus.publish("given_up.x", bytes(""), { id: "1" }),
      bus.send("given_up.x", bytes("")),
    ]);
    await bus.closed;
    const isClosed = { status: "rejected", reason: expect.objectContaining({ code: "BRIDGE_CLOSED" }) };
    expect(await waiting).toMatchObject([isClosed, isClosed]);
    await expect(bus.publish("given_up.x", bytes(""), { id: "2" })).rejects.toMatchObject({ code: "BRIDGE_CLOSED" });
    await bus.close();
    await proxy.close();
  });

  test("a full outbox refuses, and closing rejects what could not leave", async () => {
    const proxy = await startCutProxy(server.port);
    const bus = await connectNatsBus({
      servers: `127.0.0.1:${proxy.port}`,
      stream: { name: "full", subjects: ["full.>"] },
      outboxLimit: 3,
    });
    proxy.cut();
    const waiting = ["1", "2", "3"].map((id) => bus.publish("full.x", bytes(id), { id }));
    const settled = Promise.allSettled(waiting);
    await expect(bus.publish("full.x", bytes("4"), { id: "4" })).rejects.toMatchObject({ code: "BRIDGE_OUTBOX_FULL" });
    const abort = new AbortController();
    proxy.mend();
    await settled;
    proxy.cut();
    const aborted = bus.publish("full.x", bytes("5"), { id: "5", signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    proxy.mend();
    await bus.close();
    await proxy.close();
  });
});
