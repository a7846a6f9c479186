import { silentLogger, type LogFields, type Logger } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BusMessage } from "./bus-message.ts";
import type { BusTransport } from "./bus-transport.ts";
import { rejectMessage } from "./lane-runner.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = ({ data }: { readonly data: Uint8Array }) => new TextDecoder().decode(data);

/** What the stream of every {@link BusTransport} must do. `open` gives a bus with this logger, whose stream keeps `PREFIX.>` and is empty. */
export function describeDurableStream(
  name: string,
  open: (logger: Logger) => Promise<{ readonly bus: BusTransport; readonly prefix: string }>,
): void {
  describe(`durable stream: ${name}`, () => {
    let bus: BusTransport;
    let prefix: string;
    let warnings: unknown[];
    beforeEach(async () => {
      warnings = [];
      const warn = (message: string, fields?: LogFields) => void warnings.push({ message, ...fields });
      ({ bus, prefix } = await open({ ...silentLogger, warn }));
    });
    afterEach(() => bus.close());

    const publishAll = async (subject: string, texts: readonly string[]) => {
      await Promise.all(texts.map((text) => bus.publish(subject, bytes(text), { id: `${subject}:${text}` })));
    };
    const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);
    const laneOf = ({ subject }: BusMessage) => subject;

    test("many publishes at once arrive in the order of the calls", async () => {
      const texts = numbers(2_000);
      await publishAll(`${prefix}.x`, texts);
      const seen: string[] = [];
      await bus.subscribe(`${prefix}.x`, (message) => void seen.push(textOf(message)), {
        durable: "d",
        maximumInFlight: 500,
      });
      await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(2_000);
      expect(seen).toEqual(texts);
      expect(await bus.durableState("d")).toMatchObject({ waiting: 0 });
    });

    test("a lane keeps its order over failures, and a stuck lane holds up no other", async () => {
      const seen: string[] = [];
      const gate = Promise.withResolvers<void>();
      const handler = async (message: BusMessage) => {
        if (message.subject.endsWith("stuck")) await gate.promise;
        if (textOf(message) === "1" && message.attempt < 3) throw new Error("not yet");
        seen.push(`${message.subject.split(".").at(-1)} ${textOf(message)}`);
      };
      await bus.subscribe(`${prefix}.>`, handler, { durable: "d", laneOf, backoffMs: [1] });
      await publishAll(`${prefix}.stuck`, ["0"]);
      await publishAll(`${prefix}.a`, ["0", "1", "2"]);
      await publishAll(`${prefix}.b`, ["0", "1", "2"]);
      await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(6);
      expect(seen.filter((text) => text.startsWith("a"))).toEqual(["a 0", "a 1", "a 2"]);
      expect(seen.filter((text) => text.startsWith("b"))).toEqual(["b 0", "b 1", "b 2"]);
      expect(await bus.durableState("d")).toEqual({ waiting: 0, inFlight: 1 });
      gate.resolve();
      await expect.poll(() => seen.length).toBe(7);
      expect(bus.stats).toMatchObject({ redelivered: 4, abandoned: 0 });
    });

    test("what cannot be handled becomes a dead letter with its reason, and redriving gives it to that name alone", async () => {
      let broken = true;
      const tried: string[] = [];
      const handler = (message: BusMessage) => {
        tried.push(`${textOf(message)} ${message.id} ${message.attempt} ${message.headers["trace"] ?? ""}`);
        if (broken && textOf(message) === "bad") throw rejectMessage("no such guild");
        if (broken && textOf(message) === "flaky") throw new TypeError("secret");
      };
      const options = { backoffMs: [1], maximumAttempts: 2 };
      await bus.subscribe(`${prefix}.x`, handler, { durable: "d", ...options });
      const others: string[] = [];
      await bus.subscribe(`${prefix}.x`, (message) => void others.push(textOf(message)), { durable: "other" });
      for (const text of ["bad", "flaky", "good"])
        await bus.publish(`${prefix}.x`, bytes(text), { id: text, headers: { trace: "t" } });
      await expect.poll(() => tried).toEqual(["bad bad 1 t", "flaky flaky 1 t", "flaky flaky 2 t", "good good 1 t"]);
      await expect.poll(() => others.length).toBe(3);
      const dead = await bus.deadLetters("d");
      expect(dead).toMatchObject([
        { id: "bad", reason: "rejected", failure: "BRIDGE_MESSAGE_REJECTED", attempts: 1, subject: `${prefix}.x` },
        { id: "flaky", reason: "attempts", failure: "TypeError", attempts: 2, headers: { trace: "t" } },
      ]);
      expect(JSON.stringify(dead)).not.toContain("secret");
      expect(dead.map(textOf)).toEqual(["bad", "flaky"]);
      expect(await bus.deadLetters("d", { limit: 1 })).toHaveLength(1);
      broken = false;
      expect(await bus.redrive("d", { filter: ({ id }) => id === "flaky" })).toBe(1);
      await expect.poll(() => tried.at(-1)).toBe("flaky flaky 1 t");
      expect((await bus.deadLetters("d")).map(({ id }) => id)).toEqual(["bad"]);
      await bus.publish(`${prefix}.x`, bytes("last"), { id: "last" });
      await expect.poll(() => others).toEqual(["bad", "flaky", "good", "last"]);
      expect(await bus.deadLetters("other")).toEqual([]);
    });

    test("new dead letters are told of, without what they hold", async () => {
      const told: unknown[] = [];
      const handler = (message: BusMessage) => {
        throw textOf(message) === "secret 1" ? rejectMessage("no such guild") : new TypeError(textOf(message));
      };
      const onDeadLetter = (notice: unknown) => {
        told.push(notice);
        throw new Error("a bad listener");
      };
      await bus.subscribe(`${prefix}.x`, handler, { durable: "d", backoffMs: [1], maximumAttempts: 2, onDeadLetter });
      // Who gives up without a durable name leaves no letter.
      await bus.subscribe(`${prefix}.x`, handler, { onDeadLetter });
      for (const text of ["secret 1", "secret 2"])
        await bus.publish(`${prefix}.x`, bytes(text), {
          id: text.replace("secret", "id"),
          headers: { trace: "secret" },
        });
      await expect.poll(() => told.length, { timeout: 10_000 }).toBe(2);
      const letter = { durable: "d", subject: `${prefix}.x` };
      expect(told).toEqual([
        { ...letter, reason: "rejected", failure: "BRIDGE_MESSAGE_REJECTED", attempts: 1, sequence: 1, id: "id 1" },
        { ...letter, reason: "attempts", failure: "TypeError", attempts: 2, sequence: 2, id: "id 2" },
      ]);
      expect(warnings).toEqual(told.map((notice) => ({ message: "dead letter", ...(notice as object) })));
      expect(JSON.stringify(warnings)).not.toContain("secret");
      expect((await bus.deadLetters("d")).length).toBe(2);
      await expect.poll(() => bus.stats).toMatchObject({ deadLetters: 2, abandoned: 4 });
    });

    test("replays from a sequence, from a moment, and from the beginning", async () => {
      await publishAll(`${prefix}.x`, ["0", "1", "2", "3"]);
      const all: BusMessage[] = [];
      await bus.subscribe(`${prefix}.x`, (message) => void all.push(message), { startAt: "all" });
      await expect.poll(() => all.map(textOf)).toEqual(["0", "1", "2", "3"]);
      const { sequence, publishedAtMs } = all[2] as BusMessage;
      expect(publishedAtMs).toBeGreaterThan(Date.UTC(2020, 0));
      const since: string[] = [];
      await bus.subscribe(`${prefix}.x`, (message) => void since.push(textOf(message)), { startAt: { sequence } });
      const later: string[] = [];
      await bus.subscribe(`${prefix}.x`, (message) => void later.push(textOf(message)), {
        startAt: { atMs: publishedAtMs + 60_000 },
      });
      const early: string[] = [];
      await bus.subscribe(`${prefix}.x`, (message) => void early.push(textOf(message)), {
        startAt: { atMs: publishedAtMs - 60_000 },
      });
      await expect.poll(() => since).toEqual(["2", "3"]);
      await expect.poll(() => early).toEqual(["0", "1", "2", "3"]);
      expect(later).toEqual([]);
    });

    test("a forgotten durable name begins anew, where it is told to", async () => {
      await publishAll(`${prefix}.x`, ["0", "1", "2"]);
      const seen: BusMessage[] = [];
      const handler = (message: BusMessage) => void seen.push(message);
      const first = await bus.subscribe(`${prefix}.x`, handler, { durable: "d" });
      await expect.poll(() => seen.length).toBe(3);
      await first.close();
      await bus.forgetDurable("d");
      await bus.forgetDurable("d");
      expect(await bus.durableState("d")).toBeUndefined();
      const startAt = { sequence: seen[1]?.sequence ?? 0 };
      await bus.subscribe(`${prefix}.x`, handler, { durable: "d", startAt });
      await expect.poll(() => seen.map(textOf)).toEqual(["0", "1", "2", "1", "2"]);
    });

    test("a closing subscriber finishes what it began and leaves the rest, in order, to the next", async () => {
      await publishAll(`${prefix}.x`, numbers(20));
      const begun = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      const seen: string[] = [];
      const slow = async (message: BusMessage) => {
        if (textOf(message) === "3") begun.resolve();
        if (textOf(message) === "3") await gate.promise;
        seen.push(textOf(message));
      };
      const subscription = await bus.subscribe(`${prefix}.x`, slow, {
        durable: "d",
        maximumInFlight: 10,
        ackWaitMs: 500,
      });
      await begun.promise;
      const closing = subscription.close();
      gate.resolve();
      await closing;
      expect(seen).toEqual(["0", "1", "2", "3"]);
      await bus.subscribe(`${prefix}.x`, (message) => void seen.push(textOf(message)), {
        durable: "d",
        maximumInFlight: 10,
        ackWaitMs: 500,
      });
      await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(20);
      expect(seen).toEqual(numbers(20));
    });

    test("subscribers of one name share the work and each message is handled once", async () => {
      const seen: string[] = [];
      const workers = new Set<string>();
      for (const worker of ["a", "b"]) {
        const handler = async (message: BusMessage) => {
          workers.add(worker);
          await new Promise((resolve) => setImmediate(resolve));
          seen.push(textOf(message));
        };
        await bus.subscribe(`${prefix}.x`, handler, { durable: "shared" });
      }
      await publishAll(`${prefix}.x`, numbers(100));
      await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(100);
      expect(new Set(seen).size).toBe(100);
      expect(workers.size).toBe(2);
    });

    test("refuses headers, ids and names that would break the line or the bus", async () => {
      const invalid = { code: "BRIDGE_INVALID_HEADER" };
      const refused = [
        { id: "a\r\nb" },
        { id: "1", headers: { "bad name": "x" } },
        { id: "1", headers: { trace: "x\r\nPUB other 0" } },
        { id: "1", headers: { "Nats-Rollup": "all" } },
        { id: "1", headers: { trace: "x".repeat(40_000) } },
      ];
      for (const options of refused)
        await expect(bus.publish(`${prefix}.x`, bytes(""), options)).rejects.toMatchObject(invalid);
      await expect(bus.send(`${prefix}.x`, bytes(""), { id: "a\nb" })).rejects.toMatchObject(invalid);
      await expect(bus.request("x", bytes(""), { headers: { a: "\n" } })).rejects.toMatchObject(invalid);
      await expect(bus.subscribe(`${prefix}.x`, () => {}, { durable: "a.b" })).rejects.toMatchObject({
        code: "BRIDGE_INVALID_KEY",
      });
    });
  });
}
