import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAXIMUM_ATTEMPTS, MAXIMUM_MESSAGE_BYTES, type BusMessage, type BusTransport } from "./bus-transport.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (data: Uint8Array) => new TextDecoder().decode(data);

/** A handler that keeps what it got, and a promise for the moment it has `count`. */
function collector(count: number) {
  const messages: BusMessage[] = [];
  const done = Promise.withResolvers<void>();
  const handler = (message: BusMessage) => {
    messages.push(message);
    if (messages.length === count) done.resolve();
  };
  return { messages, handler, done: done.promise, texts: () => messages.map(({ data }) => textOf(data)) };
}

/** What every {@link BusTransport} must do. `open` gives a bus whose stream keeps `PREFIX.>` and is empty. */
export function describeBusTransport(
  name: string,
  open: () => Promise<{ readonly bus: BusTransport; readonly prefix: string }>,
): void {
  describe(`bus transport: ${name}`, () => {
    let bus: BusTransport;
    let prefix: string;
    beforeEach(async () => {
      ({ bus, prefix } = await open());
    });
    afterEach(() => bus.close());

    const publishAll = async (subject: string, texts: readonly string[]) => {
      for (const text of texts) await bus.publish(subject, bytes(text), { id: `${subject}:${text}` });
    };

    test("delivers in order to everybody who matches", async () => {
      const exact = collector(50);
      const wild = collector(51);
      await bus.subscribe(`${prefix}.a.one`, exact.handler);
      await bus.subscribe(`${prefix}.*.one`, wild.handler);
      const texts = Array.from({ length: 50 }, (_, index) => `${index}`);
      await publishAll(`${prefix}.a.one`, texts);
      await publishAll(`${prefix}.b.one`, ["last"]);
      await Promise.all([exact.done, wild.done]);
      expect(exact.texts()).toEqual(texts);
      expect(wild.texts()).toEqual([...texts, "last"]);
      expect(bus.stats).toMatchObject({ published: 51, delivered: 101, outboxSize: 0 });
    });

    test("carries bytes, headers and the id", async () => {
      const got = collector(1);
      await bus.subscribe(`${prefix}.x`, got.handler);
      const data = Uint8Array.from({ length: 256 }, (_, index) => index);
      await bus.publish(`${prefix}.x`, data, { id: "id-1", headers: { trace: "abc" } });
      await got.done;
      expect(got.messages[0]).toMatchObject({
        subject: `${prefix}.x`,
        id: "id-1",
        headers: { trace: "abc" },
        attempt: 1,
      });
      expect([...(got.messages[0]?.data ?? [])]).toEqual([...data]);
    });

    test("drops a second message of the same id", async () => {
      const got = collector(2);
      await bus.subscribe(`${prefix}.x`, got.handler);
      await bus.publish(`${prefix}.x`, bytes("first"), { id: "same" });
      await bus.publish(`${prefix}.x`, bytes("again"), { id: "same" });
      await bus.publish(`${prefix}.x`, bytes("other"), { id: "other" });
      await got.done;
      expect(got.texts()).toEqual(["first", "other"]);
      expect(bus.stats).toMatchObject({ published: 2, duplicates: 1 });
    });

    test("a durable subscriber goes on where it was, one without a name starts now", async () => {
      await publishAll(`${prefix}.x`, ["1", "2"]);
      const before = collector(2);
      const first = await bus.subscribe(`${prefix}.x`, before.handler, { durable: "worker" });
      await before.done;
      await first.close();
      await publishAll(`${prefix}.x`, ["3"]);
      const after = collector(2);
      const fresh = collector(1);
      await bus.subscribe(`${prefix}.x`, after.handler, { durable: "worker" });
      await bus.subscribe(`${prefix}.x`, fresh.handler);
      await publishAll(`${prefix}.x`, ["4"]);
      await Promise.all([after.done, fresh.done]);
      expect(after.texts()).toEqual(["3", "4"]);
      expect(fresh.texts()).toEqual(["4"]);
    });

    test("a failed handler gets the message again, before the next, and not for ever", async () => {
      const got = collector(MAXIMUM_ATTEMPTS + 2);
      const failing = async (message: BusMessage) => {
        got.handler(message);
        const text = textOf(message.data);
        if (text === "poison" || (text === "once" && message.attempt === 1)) throw new Error("no");
      };
      await bus.subscribe(`${prefix}.x`, failing, { durable: "worker" });
      await publishAll(`${prefix}.x`, ["once", "poison"]);
      await got.done;
      expect(got.texts()).toEqual(["once", "once", ...Array.from({ length: MAXIMUM_ATTEMPTS }, () => "poison")]);
      await expect.poll(() => bus.stats.abandoned).toBe(1);
      expect(bus.stats.redelivered).toBe(MAXIMUM_ATTEMPTS);
    });

    test("a closed subscription sees nothing more", async () => {
      const closed = collector(1);
      const other = collector(1);
      const subscription = await bus.subscribe(`${prefix}.x`, closed.handler);
      await subscription.close();
      await subscription.close();
      await bus.subscribe(`${prefix}.x`, other.handler);
      await publishAll(`${prefix}.x`, ["1"]);
      await other.done;
      expect(closed.messages).toEqual([]);
    });

    test("answers requests, one responder each", async () => {
      const calls: string[] = [];
      for (const responder of ["a", "b"]) {
        await bus.respond("service.double", async ({ data }) => {
          calls.push(responder);
          return bytes(`${Number(textOf(data)) * 2}`);
        });
      }
      const answers = await Promise.all(
        [1, 2, 3, 4].map((number) => bus.request("service.double", bytes(`${number}`))),
      );
      expect(answers.map(textOf)).toEqual(["2", "4", "6", "8"]);
      expect(calls).toHaveLength(4);
    });

    test("says why a request has no answer", async () => {
      await expect(bus.request("service.nobody", bytes(""))).rejects.toMatchObject({ code: "BRIDGE_NO_RESPONDER" });
      await bus.respond("service.fails", () => Promise.reject(new Error("secret detail")));
      const failure = await bus.request("service.fails", bytes("")).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "BRIDGE_REQUEST_FAILED" });
      expect(String(failure)).not.toContain("secret");
      expect(bus.stats.failedRequests).toBe(1);
      await bus.respond("service.silent", () => new Promise<never>(() => {}));
      await expect(bus.request("service.silent", bytes(""), { timeoutMs: 30 })).rejects.toMatchObject({
        code: "BRIDGE_REQUEST_TIMED_OUT",
      });
      const abort = AbortSignal.timeout(20);
      await expect(bus.request("service.silent", bytes(""), { signal: abort })).rejects.toMatchObject({
        name: "TimeoutError",
      });
    });

    test("refuses what no bus can carry", async () => {
      await expect(bus.publish(`${prefix}.*`, bytes(""), { id: "1" })).rejects.toMatchObject({
        code: "BRIDGE_INVALID_SUBJECT",
      });
      await expect(bus.subscribe(`${prefix}.>.x`, () => {})).rejects.toMatchObject({ code: "BRIDGE_INVALID_SUBJECT" });
      const large = new Uint8Array(MAXIMUM_MESSAGE_BYTES + 1);
      await expect(bus.publish(`${prefix}.x`, large, { id: "1" })).rejects.toMatchObject({
        code: "BRIDGE_MESSAGE_TOO_LARGE",
      });
    });

    test("closes twice, and says so afterwards", async () => {
      await bus.close();
      await bus.close();
      await expect(bus.publish(`${prefix}.x`, bytes(""), { id: "1" })).rejects.toMatchObject({ code: "BRIDGE_CLOSED" });
    });
  });
}
