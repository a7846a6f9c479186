import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AntiphonError } from "@antiphon/std";
import { z } from "zod";
import type { BusTransport } from "../bus/bus-transport.ts";
import { defineEvent, defineRequest } from "./bus-contract.ts";
import { callService } from "./call-service.ts";
import { publishEvent, subscribeEvent } from "./events.ts";
import { messageHeaders } from "./message-headers.ts";
import { defineEndpoint, openBusService, type CallContext, type ServiceEndpoint } from "./open-service.ts";

const double = defineRequest({
  subject: "math.{region}.double",
  question: z.object({ number: z.number().int() }),
  answer: z.object({ doubled: z.number() }),
  summary: "Doubles.",
});
const text = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const json = (data: Uint8Array) => JSON.parse(new TextDecoder().decode(data)) as unknown;

/** What services must do on every bus. `open` gives a bus whose stream keeps `PREFIX.>` and is empty. */
export function describeService(
  name: string,
  open: () => Promise<{ readonly bus: BusTransport; readonly prefix: string }>,
): void {
  describe(`service: ${name}`, () => {
    let bus: BusTransport;
    let prefix: string;
    beforeEach(async () => {
      ({ bus, prefix } = await open());
    });
    afterEach(() => bus.close());

    const start = (
      answer: (question: { number: number }, context: CallContext) => Promise<{ doubled: number }>,
      more: { readonly replyBucket?: string; readonly endpoints?: Readonly<Record<string, ServiceEndpoint>> } = {},
    ) => {
      const endpoints = { double: defineEndpoint({ request: double, answer }) };
      return openBusService({ bus, name: "math", version: "1.2.3", endpoints, ...more });
    };

    test("a question that is wrong in many places is refused in a few words", async () => {
      await start(async () => ({ doubled: 0 }), {
        endpoints: {
          sum: defineEndpoint({
            request: { ...double, subject: "math.sum", question: z.array(z.number()) },
            answer: async () => ({ doubled: 0 }),
          }),
        },
      });
      const answer = await bus.request("math.sum", text(Array.from({ length: 50_000 }, () => "x")));
      expect(json(answer)).toMatchObject({
        ok: false,
        error: { code: "QUESTION_INVALID", message: expect.stringContaining("49995 more") },
      });
      expect(answer.byteLength).toBeLessThan(2_000);
    });

    test("asks, checks both ends, and answers ok or why not", async () => {
      await start(async ({ number }, { subject }) => {
        if (number === 13) throw new AntiphonError("MATH_UNLUCKY", "Not 13.", { retryable: true });
        if (number === 14) throw new Error("password=hunter2");
        if (number === 15) return { doubled: subject } as never;
        return { doubled: number * 2 };
      });
      const ask = (number: number) => callService(bus, double, { region: "eu" }, { number });
      expect(await ask(21)).toEqual({ doubled: 42 });
      await expect(ask(13)).rejects.toMatchObject({
        code: "BRIDGE_REQUEST_REFUSED",
        retryable: true,
        details: { serviceCode: "MATH_UNLUCKY" },
      });
      const hidden = await ask(14).catch((error: unknown) => error);
      expect(hidden).toMatchObject({ details: { serviceCode: "SERVICE_FAILED" } });
      expect(String(hidden)).not.toContain("hunter2");
      await expect(ask(15)).rejects.toMatchObject({ details: { serviceCode: "ANSWER_INVALID" } });
      await expect(ask(1.5)).rejects.toMatchObject({ code: "BRIDGE_PAYLOAD_INVALID" });
      expect(json(await bus.request("math.eu.double", text({ number: "x" })))).toMatchObject({
        ok: false,
        error: { code: "QUESTION_INVALID", retryable: false },
      });
      expect(json(await bus.request("math.eu.double", text("{")))).toMatchObject({
        error: { code: "QUESTION_NOT_JSON" },
      });
    });

    test("tells nobody apart from nobody in time, and gives the handler the deadline", async () => {
      const asked = callService(bus, double, { region: "eu" }, { number: 1 });
      await expect(asked).rejects.toMatchObject({ code: "BRIDGE_NO_RESPONDER" });
      const aborted = Promise.withResolvers<void>();
      await start(async (_, { signal }) => {
        signal.addEventListener("abort", () => aborted.resolve());
        return new Promise<never>(() => {});
      });
      // Long enough for the request to reach its handler on a busy machine; one that comes too late is refused without it.
      const late = callService(bus, double, { region: "eu" }, { number: 1 }, { timeoutMs: 2_000 });
      await expect(late).rejects.toMatchObject({ code: "BRIDGE_REQUEST_TIMED_OUT" });
      await aborted.promise;
    });

    test("what comes after its deadline is refused, and a clock that is wrong does no harm", async () => {
      const service = await start(async ({ number }) => ({ doubled: number * 2 }));
      const send = async (sentAtMs: number) => {
        const headers = { [messageHeaders.deadline]: `${sentAtMs};1000` };
        return json(await bus.request("math.eu.double", text({ number: 1 }), { headers }));
      };
      expect(await send(Date.now() - 5_000)).toMatchObject({ error: { code: "REQUEST_EXPIRED" } });
      expect(await send(Date.now() - 3_600_000)).toMatchObject({ ok: true });
      expect(await send(Date.now() + 3_600_000)).toMatchObject({ ok: true });
      expect(await send(Number.NaN)).toMatchObject({ ok: true });
      expect(service).toMatchObject({ expired: 1, skewed: 2 });
    });

    test.each([false, true])("the same idempotency key is done once, shared by instances: %s", async (shared) => {
      let calls = 0;
      const answer = async ({ number }: { number: number }) => ({ doubled: number * 2 + 100 * calls++ });
      const more = shared ? { replyBucket: `${prefix}_replies` } : {};
      await start(answer, more);
      if (shared) await start(answer, more);
      const ask = (idempotencyKey: string) =>
        callService(bus, double, { region: "eu" }, { number: 1 }, { idempotencyKey });
      const answers = [];
      for (let index = 0; index < 6; index++) answers.push(await ask("order/1 of 2"));
      expect(answers).toEqual(Array.from({ length: 6 }, () => ({ doubled: 2 })));
      expect(await ask("other")).toEqual({ doubled: 102 });
      expect(calls).toBe(2);
    });

    test("a failure that may pass is not remembered under its key", async () => {
      let calls = 0;
      await start(
        async () => {
          if (calls++ === 0) throw new AntiphonError("MATH_BUSY", "Later.", { retryable: true });
          return { doubled: 1 };
        },
        { replyBucket: `${prefix}_replies` },
      );
      const ask = () => callService(bus, double, { region: "eu" }, { number: 1 }, { idempotencyKey: "k" });
      await expect(ask()).rejects.toMatchObject({ retryable: true });
      expect(await ask()).toEqual({ doubled: 1 });
    });

    test("is found by NATS' service discovery", async () => {
      await using service = await start(async ({ number }) => ({ doubled: number * 2 }));
      await callService(bus, double, { region: "eu" }, { number: 1 });
      for (const subject of ["$SRV.PING", "$SRV.PING.math", `$SRV.PING.math.${service.id}`]) {
        const ping = { type: "io.nats.micro.v1.ping_response", name: "math", id: service.id, version: "1.2.3" };
        expect(json(await bus.request(subject, text("")))).toMatchObject(ping);
      }
      expect(json(await bus.request("$SRV.STATS.math", text("")))).toMatchObject({
        endpoints: [{ name: "double", subject: "math.*.double", queue_group: "q", num_requests: 1, num_errors: 0 }],
      });
      await service.close();
      await expect(bus.request("$SRV.PING.math", text(""))).rejects.toMatchObject({ code: "BRIDGE_NO_RESPONDER" });
      await expect(openBusService({ bus, name: "a.b", version: "1.0.0", endpoints: {} })).rejects.toMatchObject({
        code: "BRIDGE_INVALID_KEY",
      });
    });

    test("events are checked at both ends and carry their trace", async () => {
      const order = defineEvent({
        subject: `${prefix}.{region}.order`,
        schema: z.object({ item: z.string(), count: z.number().default(1) }),
        summary: "Somebody orders.",
      });
      const seen: unknown[] = [];
      await subscribeEvent(
        bus,
        order,
        {},
        (payload, { subject, headers }) => void seen.push({ payload, subject, trace: headers["traceparent"] }),
        { durable: "orders" },
      );
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
      await publishEvent(bus, order, { region: "EU west" }, { item: "tea" } as never, { id: "1", traceparent });
      await expect(publishEvent(bus, order, { region: "x" }, { item: 1 } as never, { id: "2" })).rejects.toMatchObject({
        code: "BRIDGE_PAYLOAD_INVALID",
      });
      await bus.publish(`${prefix}.x.order`, text("{"), { id: "3" });
      await bus.publish(`${prefix}.x.order`, text({ item: 1 }), { id: "4" });
      await expect.poll(() => bus.stats.abandoned).toBe(2);
      expect(seen).toEqual([
        {
          payload: { item: "tea", count: 1 },
          subject: `${prefix}.EU_west.order`,
          trace: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/),
        },
      ]);
      expect(await bus.deadLetters("orders")).toMatchObject([
        { id: "3", reason: "rejected", failure: "BRIDGE_MESSAGE_REJECTED" },
        { id: "4", reason: "rejected" },
      ]);
    });
  });
}
