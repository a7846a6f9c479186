import type { Worker } from "node:worker_threads";
import { waitFor } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGateway, createMemorySessionStore } from "../src/index.ts";
import { logMessages, startRig, type Rig } from "./rig.ts";

let rig: Rig;
let threads: Worker[] = [];
const onWorker = (worker: Worker) => void threads.push(worker);
beforeEach(async () => {
  threads = [];
  process.on("worker", onWorker);
  rig = await startRig();
});
afterEach(async () => {
  process.off("worker", onWorker);
  await rig[Symbol.asyncDispose]();
});

const patiently = { timeout: 20_000 };
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

describe("shards in worker threads", () => {
  it.each([
    { compression: "none" },
    { compression: "zlib-stream" },
    { compression: "zstd-stream" },
    { compression: "zlib-stream", streamInflate: true },
  ] as const)("get every event in order with %j, and leave no thread", async (options) => {
    const gateway = rig.gateway({ ...options, workers: 1 });
    const log = logMessages(gateway);
    await gateway.connect();
    const expected = [...numbered(300), "large ".repeat(300), "ünïcödé 🎵"];
    for (const content of expected) rig.say(content);
    await log.reached(expected.length);
    expect(log.contents).toEqual(expected);
    expect(gateway.getStats().shards).toMatchObject([{ status: "ready", connections: 1, malformedFrames: 0 }]);
    expect(gateway.getStats().shards[0]?.receivedBytes).toBeGreaterThan(1_000);
    expect(threads).toHaveLength(1);
    await gateway.close();
    // A thread that has ended has no id.
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
    expect(rig.simulator.transcript.problems).toEqual([]);
  });

  it("leave out what nobody wants, so that it does not cross, and resume with the right sequence", async () => {
    const gateway = rig.gateway({ workers: 1 });
    const contents: string[] = [];
    let wanted = new Set(["GUILD_CREATE"]);
    const note = (data: unknown) => contents.push((data as { readonly content: string }).content);
    gateway.subscribe(({ type, data }) => type === "MESSAGE_CREATE" && note(data), {
      wants: (type) => wanted.has(type),
    });
    await gateway.connect();
    let crossedBytes = 0;
    threads[0]?.on("message", ({ bytes }: { readonly bytes?: Uint8Array }) => (crossedBytes += bytes?.byteLength ?? 0));
    const undecoded = () => gateway.getStats().shards[0]?.undecodedDispatches ?? 0;
    // The first of a name crosses while the thread asks.
    rig.say("first");
    await expect.poll(undecoded, patiently).toBe(1);
    await expect
      .poll(async () => {
        crossedBytes = 0;
        const before = undecoded();
        rig.say("unheard ".repeat(200));
        await expect.poll(undecoded, patiently).toBe(before + 1);
        return crossedBytes;
      }, patiently)
      .toBe(0);
    wanted = new Set(["MESSAGE_CREATE"]);
    await expect
      .poll(() => {
        rig.say("heard");
        return contents.length;
      }, patiently)
      .toBeGreaterThan(0);
    const resumed = waitFor(gateway, "resumed");
    rig.simulator.world.dropConnections({});
    rig.say("while away");
    await resumed;
    await expect.poll(() => contents.at(-1), patiently).toBe("while away");
    expect(gateway.getStats().shards).toMatchObject([{ identifies: 1, resumes: 1, duplicates: 0 }]);
  });

  it("resume in another thread when theirs ends, and lose nothing", async () => {
    const sessionStore = createMemorySessionStore();
    const gateway = rig.gateway({ workers: 1, sessionStore });
    const log = logMessages(gateway);
    await gateway.connect();
    for (const content of numbered(20)) rig.say(content);
    await log.reached(20);
    const disconnected = waitFor(gateway, "disconnected");
    const resumed = waitFor(gateway, "resumed");
    await threads[0]?.terminate();
    for (const content of ["while away", "and more"]) rig.say(content);
    expect(await disconnected).toMatchObject({ code: 1006, problem: expect.stringContaining("worker thread ended") });
    await resumed;
    await log.reached(22);
    expect(log.contents).toEqual([...numbered(20), "while away", "and more"]);
    expect(threads).toHaveLength(2);
    expect(gateway.getStats().shards).toMatchObject([{ identifies: 1, resumes: 1, duplicates: 0, status: "ready" }]);
    await gateway.close();
    expect(await sessionStore.load({ shardId: 0, shardCount: 1 })).toMatchObject({ sequence: expect.any(Number) });
  });

  it("spread over the threads, whose identifies go through the one gate of the main thread", async () => {
    await using sharded = await startRig({ shards: 4 });
    const asked: number[] = [];
    const identifyGate = { acquire: async (shardId: number) => void asked.push(shardId) };
    const gateway = sharded.gateway({ workers: 2, identifyGate });
    await gateway.connect();
    expect(gateway.getStats().shards.map(({ status }) => status)).toEqual(Array(4).fill("ready"));
    expect(asked.toSorted()).toEqual([0, 1, 2, 3]);
    expect(threads).toHaveLength(2);
    const left = new Set<number>();
    gateway.on("disconnected", ({ shardId }) => left.add(shardId));
    await threads[0]?.terminate();
    await expect.poll(() => left.size, patiently).toBe(2);
    await expect
      .poll(() => gateway.getStats().shards.map(({ status }) => status), patiently)
      .toEqual(Array(4).fill("ready"));
  });

  it("are refused where they could not work", () => {
    const options = { token: "t", intents: 0, gatewayInfo: () => Promise.reject(new Error("x")) };
    const code = expect.objectContaining({ code: "GATEWAY_INVALID_OPTIONS" });
    expect(() => createGateway({ ...options, workers: 1.5 })).toThrow(code);
    const openSocket = () => ({ send() {}, close() {}, abort() {} });
    expect(() => createGateway({ ...options, workers: 1, openSocket })).toThrow(code);
  });
});
