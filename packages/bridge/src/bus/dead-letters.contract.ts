import { silentLogger, type Logger } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BusMessage } from "./bus-message.ts";
import type { BusTransport } from "./bus-transport.ts";

/** A bus whose stream keeps `PREFIX.>` and is empty, and the largest message that it takes, headers counted. */
export interface DeadLetterBus {
  readonly bus: BusTransport;
  readonly prefix: string;
  readonly mostBytes: number;
}

/** As much data as fits into a message beside the id and the headers. */
export function largestData(mostBytes: number, id: string, headers: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries({ ...headers, "Nats-Msg-Id": id }).map(([name, value]) => `${name}: ${value}\r\n`);
  const headerBytes = Buffer.byteLength(`NATS/1.0\r\n${lines.join("")}\r\n`);
  return Uint8Array.from({ length: mostBytes - headerBytes }, (_, index) => index % 251);
}

/** What every bus with a stream does with a large message that cannot be handled. */
export function describeDeadLetters(name: string, open: (logger: Logger) => Promise<DeadLetterBus>): void {
  describe(`dead letters: ${name}`, () => {
    let { bus, prefix, mostBytes }: DeadLetterBus = Object.create(null);
    beforeEach(async () => {
      ({ bus, prefix, mostBytes } = await open(silentLogger));
    });
    afterEach(() => bus.close());

    test("the largest message keeps its content, holds up nobody, and is redriven as often as it takes", async () => {
      const id = "i".repeat(1_000);
      const headers = { trace: "t".repeat(500) };
      const data = largestData(mostBytes, id, headers);
      const seen: BusMessage[] = [];
      let broken = true;
      const handler = (message: BusMessage) => {
        seen.push(message);
        if (!broken || message.data.length === 0) return;
        throw Object.assign(new Error("secret"), { name: "N".repeat(100_000) });
      };
      await bus.subscribe(`${prefix}.x`, handler, { durable: "d", maximumAttempts: 1 });
      await bus.publish(`${prefix}.x`, data, { id, headers });
      await bus.publish(`${prefix}.x`, new Uint8Array(), { id: "small" });
      await expect.poll(() => seen.map((message) => message.id), { timeout: 20_000 }).toEqual([id, "small"]);
      for (const round of [1, 2]) {
        await expect.poll(() => bus.stats.deadLetters, { timeout: 20_000 }).toBe(round);
        const [letter, ...others] = await bus.deadLetters("d");
        expect(others).toEqual([]);
        expect(letter).toMatchObject({ subject: `${prefix}.x`, id, headers, reason: "attempts", contentGone: false });
        expect(Buffer.compare(letter?.data ?? new Uint8Array(), data)).toBe(0);
        expect(letter?.failure).toMatch(/^N{100}$/);
        broken = round === 1;
        expect(await bus.redrive("d")).toBe(1);
        await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(round + 2);
        expect(seen.at(-1)).toMatchObject({ id, headers, attempt: 1 });
        expect(Buffer.compare(seen.at(-1)?.data ?? new Uint8Array(), data)).toBe(0);
      }
      expect(await bus.deadLetters("d")).toEqual([]);
      expect((await bus.newest(`${prefix}.x`))?.data.length).toBe(data.length);
    });
  });
}
