import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { startNatsSimulator, type NatsSimulator } from "@antiphon/sim/nats";
import { createManualClock, createSeededRandom } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { describeCoreBus } from "../src/bus/core-bus.contract.ts";
import { connectNatsCoreBus } from "../src/index.ts";
import { openKeyValueStore } from "../src/kryten/index.ts";
import { startLifecycle } from "../src/kryten/lifecycle.ts";
import { openRobot } from "../src/robot/index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = ({ data }: { readonly data: Uint8Array }) => new TextDecoder().decode(data);

let simulator: NatsSimulator;
beforeEach(async () => {
  simulator = await startNatsSimulator();
});
afterEach(() => simulator.close());
const open = () => connectNatsCoreBus({ servers: `127.0.0.1:${simulator.port}`, reconnectWaitMs: 20 });

describeCoreBus("NATS' client on the simulator", open);

describe("the simulator's faults", () => {
  test("what is sent while it is away arrives in order when it is back", async () => {
    await using bus = await open();
    await using other = await open();
    const seen: string[] = [];
    await other.listen("x", (message) => void seen.push(textOf(message)));
    const texts = Array.from({ length: 300 }, (_, index) => `${index}`);
    const early = texts.slice(0, 100).map((text) => bus.send("x", bytes(text), { id: text }));
    await Promise.all(early);
    const back = simulator.restart(100);
    await expect.poll(() => bus.connected).toBe(false);
    const late = texts.slice(100).map((text) => bus.send("x", bytes(text), { id: text }));
    await back;
    await expect.poll(() => other.connected, { timeout: 60_000 }).toBe(true);
    await Promise.all(late);
    await bus.send("x", bytes("last"));
    await expect.poll(() => seen.at(-1), { timeout: 60_000 }).toBe("last");
    // A bus without a stream keeps nothing for a listener that was away itself; what came, came in order.
    const numbers = seen.slice(0, -1).map(Number);
    expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(bus.stats).toMatchObject({ sent: 301, outboxSize: 0 });
  });

  test("messages that it swallows and messages that it delays", async () => {
    await using bus = await open();
    const seen: string[] = [];
    await bus.listen("x", (message) => void seen.push(textOf(message)));
    simulator.dropMessages(1);
    await bus.send("x", bytes("lost"));
    simulator.setDelay(20);
    const sent = ["a", "b", "c"].map((text) => bus.send("x", bytes(text)));
    await Promise.all(sent);
    simulator.setDelay(0);
    await expect.poll(() => seen).toEqual(["a", "b", "c"]);
    expect(simulator).toMatchObject({ received: 4, delivered: 3, clients: 1 });
  });

  test("a request that it swallows times out, one that nobody answers does not", async () => {
    await using bus = await open();
    await bus.respond("s", async () => bytes("yes"));
    simulator.dropMessages(1);
    await expect(bus.request("s", bytes(""), { timeoutMs: 50 })).rejects.toMatchObject({
      code: "BRIDGE_REQUEST_TIMED_OUT",
    });
    await expect(bus.request("nobody", bytes(""))).rejects.toMatchObject({ code: "BRIDGE_NO_RESPONDER" });
  });

  test("what this server would hang up on is refused, and holds up nothing", async () => {
    await using narrow = await startNatsSimulator({ maximumPayloadBytes: 1_000 });
    await using bus = await connectNatsCoreBus({ servers: `127.0.0.1:${narrow.port}` });
    const seen: number[] = [];
    await bus.listen("x", ({ data }) => void seen.push(data.byteLength));
    const tooLarge = { code: "BRIDGE_MESSAGE_TOO_LARGE" };
    await expect(bus.send("x", new Uint8Array(1_001))).rejects.toMatchObject(tooLarge);
    await expect(bus.request("x", new Uint8Array(1_001))).rejects.toMatchObject(tooLarge);
    const headers = { note: "ü".repeat(100) };
    await expect(bus.send("x", new Uint8Array(780), { id: "ß", headers })).rejects.toMatchObject(tooLarge);
    await bus.send("x", new Uint8Array(1_000));
    // 12 bytes around the headers, 6 + 200 + 2 of the note, and 17 of the id.
    await bus.send("x", new Uint8Array(763), { id: "ß", headers });
    await expect(bus.send("x", new Uint8Array(764), { id: "ß", headers })).rejects.toMatchObject(tooLarge);
    await expect.poll(() => seen).toEqual([1_000, 763]);
    expect(bus).toMatchObject({ connected: true, stats: { sent: 2, outboxSize: 0 } });
  });

  test("a table has no place on it, and the error says what has one", async () => {
    await using bus = await open();
    const needed = { code: "BRIDGE_CONNECT_FAILED", message: expect.stringContaining("Start nats-server with -js") };
    await expect(bus.openKeyValue("values", { create: true })).rejects.toMatchObject(needed);
    await expect(openKeyValueStore(bus, "values")).rejects.toMatchObject(needed);
    await expect(openRobot({ bus, domain: "cytu.be", channel: "lounge" })).rejects.toMatchObject(needed);
  });

  test("a service that ends while it is away does not wait for it", async () => {
    await using bus = await open();
    const clock = createManualClock();
    const service = {
      name: "demo",
      version: "1.0.0",
      enableLifecycle: true,
      enableHeartbeat: false,
      heartbeatIntervalMs: 30_000,
      enableDiscovery: true,
      healthPath: "/health",
      metricsPath: "/metrics",
    };
    const lifecycle = await startLifecycle({ bus, service, clock, random: createSeededRandom(1) });
    await simulator.close();
    await expect.poll(() => bus.connected, { timeout: 60_000 }).toBe(false);
    const farewell = expect(lifecycle.close()).rejects.toMatchObject({ name: "AbortError" });
    await clock.advance(2_000);
    await farewell;
  });

  test("a token is asked for", async () => {
    await using guarded = await startNatsSimulator({ token: "secret" });
    const servers = `127.0.0.1:${guarded.port}`;
    await expect(connectNatsCoreBus({ servers, token: "wrong" })).rejects.toMatchObject({
      code: "BRIDGE_CONNECT_FAILED",
    });
    await using bus = await connectNatsCoreBus({ servers, token: "secret" });
    expect(bus.connected).toBe(true);
  });
});

describe("strangers on the line", () => {
  const talk = async () => {
    const socket = connectSocket(simulator.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    let heard = "";
    socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
    await once(socket, "connect");
    return { socket, heard: () => heard };
  };

  test.each([
    ["no protocol at all", "GET / HTTP/1.1\r\n\r\n", "Unknown Protocol Operation"],
    ["a message before its hello", "PUB x 0\r\n\r\n", "Authorization Violation"],
    ["a hello that is no JSON", "CONNECT {\r\n", "Parser Error"],
    ["a line without end", "P".repeat(5_000), "Maximum Control Line Exceeded"],
    ["a size that is none", "CONNECT {}\r\nPUB x many\r\n", "Parser Error"],
    ["headers longer than the message", "CONNECT {}\r\nHPUB x 10 5\r\n", "Parser Error"],
    ["a message over the limit", "CONNECT {}\r\nPUB x 2000000\r\n", "Maximum Payload Violation"],
  ])("%s is refused and hung up on", async (_, text, reason) => {
    const { socket, heard } = await talk();
    const closed = once(socket, "close");
    socket.write(text);
    await closed;
    expect(heard()).toContain(`-ERR '${reason}'`);
  });

  test("a message may come byte by byte, and a subscription may end by itself", async () => {
    const { socket, heard } = await talk();
    const text =
      "CONNECT {}\r\nSUB a.* 1\r\nUNSUB 1 2\r\nPUB a.b reply 2\r\nhi\r\nPUB a.c 0\r\n\r\nPUB a.d 0\r\n\r\nPUB a.> 0\r\n\r\nPING\r\n";
    for (const byte of text) socket.write(byte);
    await expect.poll(heard).toContain("PONG");
    expect(heard().split("\r\n").slice(1)).toEqual([
      "MSG a.b 1 reply 2",
      "hi",
      "MSG a.c 1 0",
      "",
      "-ERR 'Invalid Subject'",
      "PONG",
      "",
    ]);
  });
});
