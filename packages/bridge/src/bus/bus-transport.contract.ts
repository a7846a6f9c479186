import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BusMessage } from "./bus-message.ts";
import { MAXIMUM_ATTEMPTS, MAXIMUM_MESSAGE_BYTES, type BusTransport } from "./bus-transport.ts";

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

    test("knows the newest message of a subject, and of many", async () => {
      await publishAll(`${prefix}.a.one`, ["1", "2"]);
      await publishAll(`${prefix}.b.one`, ["3"]);
      const newest = async (pattern: string) => (await bus.newest(pattern))?.id;
      expect(await newest(`${prefix}.a.one`)).toBe(`${prefix}.a.one:2`);
      expect(await newest(`${prefix}.*.one`)).toBe(`${prefix}.b.one:3`);
      expect(await newest(`${prefix}.*.two`)).toBeUndefined();
      expect(await bus.newest(`${prefix}.b.>`)).toMatchObject({ subject: `${prefix}.b.one`, attempt: 1, sequence: 3 });
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

    test("keeps values with revisions, and lets only one of two change the same", async () => {
      const store = await bus.openKeyValue(`${prefix}_values`, { create: true });
      expect(await store.get("a")).toBeUndefined();
      const first = await store.putIf("a", bytes("1"), 0);
      await expect(store.putIf("a", bytes("2"), 0)).rejects.toMatchObject({ code: "BRIDGE_REVISION_CONFLICT" });
      const second = await store.putIf("a", bytes("2"), first);
      expect(second).toBeGreaterThan(first);
      await expect(store.putIf("a", bytes("3"), first)).rejects.toMatchObject({ code: "BRIDGE_REVISION_CONFLICT" });
      await store.put("b.c", bytes(""));
      const entry = await store.get("a");
      expect(entry).toMatchObject({ key: "a", revision: second });
      expect(textOf(entry?.value ?? bytes(""))).toBe("2");
      expect(await store.keys()).toEqual(["a", "b.c"]);
      await store.delete("a");
      expect(await store.get("a")).toBeUndefined();
      expect(await store.keys()).toEqual(["b.c"]);
      await store.putIf("a", bytes("new"), 0);
      const again = await bus.openKeyValue(`${prefix}_values`);
      expect(textOf((await again.get("a"))?.value ?? bytes(""))).toBe("new");
    });

    test("watches values: those that are there, then each change", async () => {
      const store = await bus.openKeyValue(`${prefix}_watched`, { create: true });
      expect(await store.keys()).toEqual([]);
      await store.put("a", bytes("1"));
      const seen: (string | null)[] = [];
      const watching = await store.watch(({ key, value }) => {
        seen.push(value === null ? `${key} gone` : `${key} ${textOf(value)}`);
      });
      const ofB: number[] = [];
      await store.watch(({ revision }) => ofB.push(revision), { key: "b" });
      await store.put("b", bytes("2"));
      await store.delete("a");
      await expect.poll(() => seen).toEqual(["a 1", "b 2", "a gone"]);
      await watching.close();
      const last = await store.put("b", bytes("3"));
      await expect.poll(() => ofB.at(-1)).toBe(last);
      expect(ofB).toHaveLength(2);
      expect(seen).toHaveLength(3);
    });

    test("a watcher that fails goes on with the next change, and is counted", async () => {
      const store = await bus.openKeyValue(`${prefix}_failing`, { create: true });
      const seen: string[] = [];
      await store.watch(({ key }) => {
        seen.push(key);
        if (key === "a") throw new Error("no");
      });
      for (const key of ["a", "b", "a", "c"]) await store.put(key, bytes(key));
      await expect.poll(() => seen).toEqual(["a", "b", "a", "c"]);
      expect(bus.stats.abandoned).toBe(2);
    });

    test("a bucket that is missing, made otherwise, or misnamed is refused", async () => {
      const refusal = (code: string) => ({ code });
      await expect(bus.openKeyValue(`${prefix}_nowhere`)).rejects.toMatchObject(refusal("BRIDGE_BUCKET_MISSING"));
      await bus.openKeyValue(`${prefix}_kept`, { create: true, history: 5 });
      await expect(bus.openKeyValue(`${prefix}_kept`, { history: 1 })).rejects.toMatchObject(
        refusal("BRIDGE_BUCKET_MISMATCH"),
      );
      await expect(bus.openKeyValue("a.b", { create: true })).rejects.toMatchObject(refusal("BRIDGE_INVALID_KEY"));
      const small = await bus.openKeyValue(`${prefix}_small`, { create: true, maximumValueBytes: 100 });
      await expect(small.put("a:b", bytes(""))).rejects.toMatchObject(refusal("BRIDGE_INVALID_KEY"));
      for (const write of [small.put("a", new Uint8Array(5_000)), small.putIf("a", new Uint8Array(5_000), 0)])
        await expect(write).rejects.toMatchObject(refusal("BRIDGE_MESSAGE_TOO_LARGE"));
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
