import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats } from "@nats-io/transport-node";
import { describeWith } from "@antiphon/services";
import { silentLogger, type Logger } from "@antiphon/std";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BusMessage } from "../src/bus/bus-message.ts";
import { describeDeadLetters, largestData } from "../src/bus/dead-letters.contract.ts";
import { connectNatsBus } from "../src/bus/nats-bus.ts";
import { rejectMessage } from "../src/bus/lane-runner.ts";
import { freePorts, startNatsProcess, type NatsProcess } from "./nats-process.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const MOST_BYTES = 8_192;

/** What another client writes, byte by byte. */
async function writeRaw(port: number, subject: string, headers: string, data: string): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const block = `NATS/1.0\r\n${headers}\r\n\r\n`;
  const total = Buffer.byteLength(block) + Buffer.byteLength(data);
  socket.write('CONNECT {"verbose":false,"headers":true}\r\n');
  socket.write(`HPUB ${subject} ${Buffer.byteLength(block)} ${total}\r\n${block}${data}\r\nPING\r\n`);
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
    if (/PONG|-ERR/.test(answer)) socket.end();
  });
  await once(socket, "close");
  expect(answer).toContain("PONG");
}

describeWith("nats-server", "dead letters on a server that takes small messages", () => {
  let folder: string;
  let server: NatsProcess;
  let streams = 0;
  const allow = (mostBytes: number) => writeFile(join(folder, "nats.conf"), `max_payload: ${mostBytes}\n`);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "antiphon-dead-letters-"));
    await allow(MOST_BYTES);
    server = await startNatsProcess((await freePorts(1))[0] ?? 0, ["-c", join(folder, "nats.conf")]);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (logger: Logger = silentLogger) => {
    const prefix = `dead${streams++}`;
    const stream = { name: prefix, subjects: [`${prefix}.>`] };
    const bus = await connectNatsBus({ servers: `127.0.0.1:${server.port}`, stream, logger });
    return { bus, prefix, mostBytes: MOST_BYTES };
  };
  const openManager = async () => {
    const connection = await connectNats({ servers: `127.0.0.1:${server.port}` });
    const manager = await jetstreamManager(connection);
    return { manager, [Symbol.asyncDispose]: () => connection.close() };
  };
  const refuseAll = () => {
    throw rejectMessage("no");
  };

  describeDeadLetters("NATS with a small max_payload", open);

  test("content that has left the stream is said to be gone, and nothing takes its place", async () => {
    const warnings: string[] = [];
    const { bus, prefix } = await open({ ...silentLogger, warn: (text) => void warnings.push(text) });
    await using _bus = bus;
    await using raw = await openManager();
    const first = await bus.subscribe(`${prefix}.x`, refuseAll, { durable: "d" });
    for (const id of ["a", "b"]) await bus.publish(`${prefix}.x`, largestData(MOST_BYTES, id, {}), { id });
    await bus.publish(`${prefix}.x`, bytes("small"), { id: "c" });
    await expect.poll(() => bus.stats.deadLetters, { timeout: 20_000 }).toBe(3);
    await first.close();
    await raw.manager.streams.deleteMessage(prefix, 1);
    const stateOf = async () => (await bus.deadLetters("d")).map(({ id, contentGone }) => `${id} ${contentGone}`);
    expect(await stateOf()).toEqual(["a true", "b false", "c false"]);
    expect(await bus.redrive("d")).toBe(2);
    expect(warnings).toContain("dead letter not redriven: its content is gone");
    expect(await stateOf()).toEqual(["a true"]);
    // It leaves while its redriven message waits.
    await raw.manager.streams.deleteMessage(prefix, 2);
    const seen: string[] = [];
    await bus.subscribe(`${prefix}.x`, ({ id }) => void seen.push(id), { durable: "d" });
    await expect.poll(() => bus.stats.deadLetters, { timeout: 20_000 }).toBe(4);
    await expect.poll(() => seen).toEqual(["c"]);
    const letters = await bus.deadLetters("d");
    expect(letters.map(({ reason, contentGone }) => `${reason} ${contentGone}`)).toEqual([
      "rejected true",
      "rejected true",
    ]);
    // A stream that was made anew has other messages under the old numbers.
    await raw.manager.streams.delete(prefix);
    const again = await connectNatsBus({
      servers: `127.0.0.1:${server.port}`,
      stream: { name: prefix, subjects: [`${prefix}.>`] },
    });
    await using _again = again;
    for (const id of ["1", "2", "3"]) await again.publish(`${prefix}.x`, bytes("other"), { id });
    expect((await again.deadLetters("d")).map(({ contentGone }) => contentGone)).toEqual([true, true]);
  });

  test("what another client writes is delivered, buried and redriven whatever it is", async () => {
    const { bus, prefix } = await open();
    await using _bus = bus;
    const strange = [
      ["bad name: x", "no header name"],
      ["trace: a\nb", "no line of text"],
      [`Nats-Msg-Id: ${"i".repeat(4_000)}`, "a long id"],
      [`Nats-Msg-Id: \u0085`, "an id that is no text"],
      [`trace: ${"t".repeat(8_000)}`, "long headers"],
      ["Antiphon-Origin: 1 1", "a false origin"],
      ["Antiphon-Obituary: {", "a false obituary"],
    ] as const;
    let broken = true;
    const seen: BusMessage[] = [];
    const handler = (message: BusMessage) => {
      if (broken) refuseAll();
      seen.push(message);
    };
    await bus.subscribe(`${prefix}.>`, handler, { durable: "d" });
    for (const [headers, text] of strange) await writeRaw(server.port, `${prefix}.x`, headers, text);
    const longSubject = `${prefix}.${"s".repeat(2_000)}`;
    await writeRaw(server.port, longSubject, `Nats-Msg-Id: ${"j".repeat(5_000)}`, "a long subject");
    await expect.poll(() => bus.stats.deadLetters, { timeout: 20_000 }).toBe(8);
    await writeRaw(server.port, `dead.${prefix}.d`, "trace: x", "no letter");
    const textOf = ({ data }: { readonly data: Uint8Array }) => new TextDecoder().decode(data);
    const texts = [...strange.map(([, text]) => text), "a long subject"];
    const letters = await bus.deadLetters("d");
    // A false origin points nowhere.
    const readable = texts.map((text) => (text === "a false origin" ? "" : text));
    expect(letters.map(textOf)).toEqual(readable);
    expect(letters.map(({ id }) => id.length)).toEqual([0, 0, 4_000, 1, 0, 0, 0, 5_000]);
    expect(letters.at(-1)?.subject).toBe(longSubject);
    broken = false;
    expect(await bus.redrive("d")).toBe(7);
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(7);
    expect(seen.map(textOf)).toEqual(readable.filter((text) => text !== ""));
    expect(seen.map(({ id }) => id.length)).toEqual([0, 0, 4_000, 1, 0, 0, 5_000]);
  });

  test("what a server refuses that came back with less room is refused for good, and what is behind it leaves", async () => {
    const { bus, prefix } = await open();
    await using _bus = bus;
    await server.kill();
    const large = new Uint8Array(4_000);
    const outcomes = Promise.allSettled([
      bus.publish(`${prefix}.x`, large, { id: "1" }),
      bus.publish(`${prefix}.x`, bytes("fits"), { id: "2" }),
      bus.send(`${prefix}.y`, large, { signal: new AbortController().signal }),
      bus.send(`${prefix}.y`, bytes("fits"), { signal: new AbortController().signal }),
    ]);
    await allow(3_000);
    await server.start();
    const tooLarge = expect.objectContaining({ code: "BRIDGE_MESSAGE_TOO_LARGE" });
    expect(await outcomes).toMatchObject([
      { status: "rejected", reason: tooLarge },
      { status: "fulfilled" },
      { status: "rejected", reason: tooLarge },
      { status: "fulfilled" },
    ]);
    expect(bus.stats).toMatchObject({ published: 1, sent: 1, outboxSize: 0 });
    await allow(MOST_BYTES);
    await server.kill();
    await server.start();
  });
});
