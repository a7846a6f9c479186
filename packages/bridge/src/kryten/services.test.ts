import { createManualClock, createSeededRandom } from "@antiphon/std";
import { parseKrytenConfig, type ServiceConfig } from "@antiphon/protocol/kryten";
import { expect, onTestFinished, test } from "vitest";
import { createMemoryBus } from "../bus/memory-bus.ts";
import { openKeyValueStore, openOrCreateKeyValueStore } from "./kryten-key-value.ts";
import { startLifecycle } from "./lifecycle.ts";
import { createServiceRegistry } from "./service-registry.ts";

const serviceOf = (service: object): ServiceConfig => {
  const config = parseKrytenConfig({ nats: { servers: "x" }, channels: [{ domain: "d", channel: "c" }], service });
  return config.service as ServiceConfig;
};

function setUp() {
  const bus = createMemoryBus();
  const clock = createManualClock();
  onTestFinished(() => bus.close());
  const start = (service: object, instanceId: string, hostname = "vm") =>
    startLifecycle({
      bus,
      service: serviceOf(service),
      instanceId,
      hostname,
      endpoints: { health: { port: 28_282, path: "/health" } },
      clock,
      random: createSeededRandom(1),
    });
  return { bus, clock, start };
}

test("a service announces itself, beats at once and then with jitter, and says goodbye last", async () => {
  const { bus, clock, start } = setUp();
  const seen: { readonly event: string; readonly atMs: number; readonly body: Record<string, unknown> }[] = [];
  await bus.listen("kryten.lifecycle.demo.*", ({ subject, data }) => {
    const body = JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>;
    seen.push({ event: subject.split(".").at(-1) ?? "", atMs: clock.monotonicMs(), body });
  });
  const lifecycle = await start({ name: "demo", version: "1.2.3" }, "one");
  await clock.advance(90_000);
  await lifecycle.close("done");
  await lifecycle.close();
  await clock.advance(90_000);
  const beats = seen.filter(({ event }) => event === "heartbeat").map(({ atMs }) => atMs);
  expect(beats[0]).toBe(0);
  expect(beats).toHaveLength(4);
  for (let index = 1; index < beats.length; index++) {
    const gapMs = (beats[index] ?? 0) - (beats[index - 1] ?? 0);
    expect(gapMs).toBeGreaterThan(26_999);
    expect(gapMs).toBeLessThanOrEqual(30_000);
  }
  expect(seen[0]).toMatchObject({
    event: "startup",
    body: {
      service: "demo",
      version: "1.2.3",
      hostname: "vm",
      instance_id: "one",
      timestamp: expect.stringMatching(/\+00:00$/),
      metadata: { endpoints: { health: { port: 28_282, path: "/health" } } },
    },
  });
  expect(seen.at(-1)).toMatchObject({ event: "shutdown", body: { reason: "done" } });
  expect(clock.pendingTimers).toBe(0);
});

test("heartbeats can be turned off", async () => {
  const { bus, clock, start } = setUp();
  let beats = 0;
  await bus.listen("kryten.lifecycle.quiet.heartbeat", () => void beats++);
  const lifecycle = await start({ name: "quiet", enable_heartbeat: false }, "one");
  await clock.advance(120_000);
  await lifecycle.close();
  expect(beats).toBe(0);
});

test("a poll is answered with a startup, after a little while", async () => {
  const { bus, clock, start } = setUp();
  const lifecycle = await start({ name: "demo" }, "one");
  await using registry = await createServiceRegistry({ bus, clock });
  expect(registry.services()).toEqual([]);
  await registry.poll();
  await clock.advance(500);
  expect(registry.services()).toMatchObject([{ name: "demo", instance: "one", status: "online" }]);
  await lifecycle.close();
});

test("a group restart reaches every listener", async () => {
  const { clock, start } = setUp();
  const first = await start({ name: "one" }, "a");
  const second = await start({ name: "two" }, "b");
  const seen: unknown[] = [];
  const listening = second.onGroupRestart((restart) => void seen.push(restart));
  await first.requestGroupRestart("new version", 1);
  await clock.advance(0);
  listening[Symbol.dispose]();
  await first.requestGroupRestart("again");
  await clock.advance(0);
  expect(seen).toMatchObject([{ initiator: "one", reason: "new version", delay_seconds: 1 }]);
  await Promise.all([first.close(), second.close()]);
});

test("two instances of a service stand beside each other", async () => {
  const { bus, clock, start } = setUp();
  await using registry = await createServiceRegistry({ bus, clock });
  const first = await start({ name: "demo" }, "one");
  const second = await start({ name: "demo" }, "two");
  await start({ name: "other" }, "three");
  await clock.advance(0);
  expect(registry.services("demo").map(({ instance }) => instance)).toEqual(["one", "two"]);
  expect(registry.services()).toHaveLength(3);
  await Promise.all([first.close(), second.close()]);
});

test("a service is stale after three beats that did not come, offline after its farewell, online when it returns", async () => {
  const { bus, clock, start } = setUp();
  await using registry = await createServiceRegistry({ bus, clock });
  const status = () => registry.services("demo").map((record) => record.status);
  const silent = await start({ name: "demo", enable_heartbeat: false }, "one");
  await clock.advance(90_000);
  expect(status()).toEqual(["online"]);
  await clock.advance(1);
  expect(status()).toEqual(["stale"]);
  await silent.close("update");
  await clock.advance(0);
  expect(status()).toEqual(["offline"]);
  expect(registry.services("demo")[0]?.reason).toBe("update");
  const returned = await start({ name: "demo" }, "one");
  await clock.advance(0);
  expect(status()).toEqual(["online"]);
  expect(registry.services("demo")[0]?.heartbeats).toBe(1);
  await returned.close();
});

test("kryten's own services, which name no instance, are told apart by host; noise is counted; the registry is bounded", async () => {
  const { bus, clock } = setUp();
  await using registry = await createServiceRegistry({ bus, clock, limit: 2 });
  const say = (text: string) => bus.send("kryten.lifecycle.robot.heartbeat", new TextEncoder().encode(text));
  const body = {
    service: "robot",
    version: "1.12.4",
    timestamp: "2026-11-21T08:11:24.576793+00:00",
    uptime_seconds: 1,
  };
  for (const hostname of ["a", "b", "c"]) await say(JSON.stringify({ ...body, hostname }));
  await say("{}");
  await clock.advance(0);
  expect(registry.services("robot").map(({ instance }) => instance)).toEqual(["b", "c"]);
  expect(registry.malformed).toBe(1);
});

test("values are JSON with revisions; a change by function survives a race", async () => {
  const { bus } = setUp();
  const store = await openOrCreateKeyValueStore(bus, "kryten_lounge_state");
  expect(await store.get("count")).toBeUndefined();
  await Promise.all(Array.from({ length: 10 }, () => store.update("count", (value) => (Number(value) || 0) + 1)));
  expect((await store.get("count"))?.value).toBe(10);
  const revision = await store.put("user", { name: "ada" });
  await expect(store.putIf("user", {}, revision - 1)).rejects.toMatchObject({ code: "BRIDGE_REVISION_CONFLICT" });
  expect(await store.keys()).toEqual(["count", "user"]);
  expect([...(await store.all()).keys()]).toEqual(["count", "user"]);
  const raw = await bus.openKeyValue("kryten_lounge_state");
  await raw.put("motd", new TextEncoder().encode("<h1>Hi</h1>"));
  expect(await store.getText("motd")).toBe("<h1>Hi</h1>");
  await expect(store.get("motd")).rejects.toMatchObject({ code: "KRYTEN_MESSAGE_INVALID" });
  await store.delete("user");
  expect(await store.get("user")).toBeUndefined();
  expect(await store.getText("user")).toBeUndefined();
});

test("a bucket is opened as somebody made it, or made as kryten makes them", async () => {
  const { bus } = setUp();
  await expect(openKeyValueStore(bus, "kryten_lounge_emotes")).rejects.toMatchObject({ code: "BRIDGE_BUCKET_MISSING" });
  await openOrCreateKeyValueStore(bus, "kryten_lounge_emotes");
  const opened = await openKeyValueStore(bus, "kryten_lounge_emotes", { history: 1 });
  expect(opened.bucket).toBe("kryten_lounge_emotes");
  await expect(openKeyValueStore(bus, "kryten_lounge_emotes", { history: 5 })).rejects.toMatchObject({
    code: "BRIDGE_BUCKET_MISMATCH",
  });
});

test("watching shows what is there, then changes and deletions", async () => {
  const { bus } = setUp();
  const store = await openOrCreateKeyValueStore(bus, "watched");
  await store.put("a", 1);
  const seen: unknown[] = [];
  const watching = await store.watch((key, { value }) => void seen.push([key, value]));
  await store.put("b", [2]);
  await store.delete("a");
  await expect
    .poll(() => seen)
    .toEqual([
      ["a", 1],
      ["b", [2]],
      ["a", undefined],
    ]);
  await watching.close();
});

test("a flood of polls gets one answer", async () => {
  const { bus, clock, start } = setUp();
  let startups = 0;
  await bus.listen("kryten.lifecycle.demo.startup", () => void startups++);
  await using _lifecycle = await start({ name: "demo", version: "1" }, "one");
  await clock.advance(0);
  expect(startups).toBe(1);
  for (const round of [2, 3]) {
    for (let poll = 0; poll < 1_000; poll++) await bus.send("kryten.service.discovery.poll", new Uint8Array());
    await clock.advance(600);
    expect(startups).toBe(round);
  }
});

test("a watch gives bare texts as they are", async () => {
  const { bus } = setUp();
  const raw = await bus.openKeyValue("kryten_lounge_state", { create: true });
  const store = await openKeyValueStore(bus, "kryten_lounge_state");
  const seen: unknown[] = [];
  await store.watch((key, { value }) => void seen.push([key, value]));
  await raw.put("motd", new TextEncoder().encode("<b>jazz</b>"));
  await store.put("options", { a: 1 });
  await expect
    .poll(() => seen)
    .toEqual([
      ["motd", "<b>jazz</b>"],
      ["options", { a: 1 }],
    ]);
});
