import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BusMessage } from "./bus-message.ts";
import type { CoreBus } from "./bus-transport.ts";

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

/** What every {@link CoreBus} must do. */
export function describeCoreBus(name: string, open: () => Promise<CoreBus>): void {
  describe(`core bus: ${name}`, () => {
    let bus: CoreBus;
    beforeEach(async () => {
      bus = await open();
    });
    afterEach(() => bus.close());

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

    test("sends to whoever listens, in order, each message to one of a queue", async () => {
      const all = collector(200);
      const shared: string[] = [];
      await bus.listen("plain.*", all.handler);
      for (const worker of ["a", "b"])
        await bus.listen("plain.>", () => void shared.push(worker), { queue: "workers" });
      await bus.listen("plain.other.x", () => shared.push("wrong"));
      const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
      const sent = texts.map((text) => bus.send("plain.x", bytes(text), { id: `id-${text}`, headers: { trace: "t" } }));
      await Promise.all([...sent, all.done]);
      expect(all.texts()).toEqual(texts);
      expect(all.messages[7]).toMatchObject({ subject: "plain.x", id: "id-7", headers: { trace: "t" }, attempt: 1 });
      await expect.poll(() => shared.length).toBe(200);
      expect(shared).not.toContain("wrong");
      expect(bus.stats).toMatchObject({ sent: 200, outboxSize: 0 });
      expect(bus.connected).toBe(true);
    });

    test("a responder handles what was only sent, a listener sees requests, and a failing listener stops nobody", async () => {
      const handled = collector(1);
      const seen = collector(2);
      await bus.respond("service.one", async (message) => (handled.handler(message), bytes("done")));
      await bus.listen("service.one", () => {
        throw new Error("no");
      });
      const listening = await bus.listen("service.>", seen.handler);
      await bus.send("service.one", bytes("sent"));
      await handled.done;
      expect(textOf(await bus.request("service.one", bytes("asked")))).toBe("done");
      await seen.done;
      expect(handled.texts()).toEqual(["sent", "asked"]);
      await expect.poll(() => bus.stats.abandoned).toBe(2);
      await listening.close();
      await bus.request("service.one", bytes("again"));
      expect(seen.texts()).toEqual(["sent", "asked"]);
    });

    test("tells when it has closed", async () => {
      let isClosed = false;
      void bus.closed.then(() => (isClosed = true));
      await bus.request("service.nobody", bytes("")).catch(() => {});
      expect(isClosed).toBe(false);
      await bus.close();
      await bus.closed;
      expect(bus.connected).toBe(false);
    });

    test("a responder may leave the answer to another", async () => {
      await bus.respond("service.shared", async () => undefined, { queue: "a" });
      await expect(bus.request("service.shared", bytes(""), { timeoutMs: 30 })).rejects.toMatchObject({
        code: "BRIDGE_REQUEST_TIMED_OUT",
      });
      await bus.respond("service.shared", async () => bytes("mine"), { queue: "b" });
      expect(textOf(await bus.request("service.shared", bytes("")))).toBe("mine");
    });

    test("refuses what would break the line, and what no server takes", async () => {
      const refused = (code: string) => ({ code });
      for (const subject of ["", "a b", "a..b", "a.*", "a.>", "a\r\nPUB b 0", "a\tb", "x".repeat(300)])
        await expect(bus.send(subject, bytes(""))).rejects.toMatchObject(refused("BRIDGE_INVALID_SUBJECT"));
      await expect(bus.listen("a b", () => {})).rejects.toMatchObject(refused("BRIDGE_INVALID_SUBJECT"));
      await expect(bus.request("a.*", bytes(""))).rejects.toMatchObject(refused("BRIDGE_INVALID_SUBJECT"));
      await expect(bus.send("a", bytes(""), { headers: { a: "b\r\nc: d" } })).rejects.toMatchObject(
        refused("BRIDGE_INVALID_HEADER"),
      );
      await expect(bus.send("a", new Uint8Array(1_000_001))).rejects.toMatchObject(refused("BRIDGE_MESSAGE_TOO_LARGE"));
      const got = collector(1);
      await bus.listen("big", got.handler);
      const large = new Uint8Array(1_000_000).fill(7);
      await bus.send("big", large, { headers: { note: "naïve ☂" } });
      await got.done;
      expect(got.messages[0]?.data.byteLength).toBe(1_000_000);
      expect(got.messages[0]?.headers).toEqual({ note: "naïve ☂" });
    });

    test("a closed bus says so", async () => {
      await bus.listen("a.listener", () => {});
      await Promise.all([bus.close(), bus.close()]);
      await bus.close();
      expect(bus.connected).toBe(false);
      await expect(bus.send("x", bytes(""))).rejects.toMatchObject({ code: "BRIDGE_CLOSED" });
      await expect(bus.request("x", bytes(""))).rejects.toMatchObject({ code: "BRIDGE_CLOSED" });
    });
  });
}
