import fc from "fast-check";
import { expect, test } from "vitest";
import { peekDispatchHeader } from "./dispatch-header.ts";

const peek = (text: string) => peekDispatchHeader(Buffer.from(text));

test("reads what Discord sends", () => {
  expect(peek('{"t":"MESSAGE_CREATE","s":42,"op":0,"d":{"content":"hi"}}')).toEqual({
    type: "MESSAGE_CREATE",
    sequence: 42,
  });
  expect(peek('{"t":"RESUMED","s":0,"op":0,"d":null}')).toEqual({ type: "RESUMED", sequence: 0 });
});

test.each([
  ["another order", '{"op":0,"t":"A","s":1,"d":{}}'],
  ["another opcode", '{"t":"A","s":1,"op":7,"d":{}}'],
  ["an opcode that only begins with 0", '{"t":"A","s":1,"op":01,"d":{}}'],
  ["no name", '{"t":null,"s":null,"op":11,"d":null}'],
  ["an empty name", '{"t":"","s":1,"op":0,"d":{}}'],
  ["an escaped name", '{"t":"A\\u0042","s":1,"op":0,"d":{}}'],
  ["spaces", '{ "t": "A", "s": 1, "op": 0, "d": {} }'],
  ["a fraction", '{"t":"A","s":1.5,"op":0,"d":{}}'],
  ["a negative number", '{"t":"A","s":-1,"op":0,"d":{}}'],
  ["a leading zero", '{"t":"A","s":01,"op":0,"d":{}}'],
  ["a number that is not exact", '{"t":"A","s":12345678901234567890,"op":0,"d":{}}'],
  ["no sequence", '{"t":"A","s":null,"op":0,"d":{}}'],
  ["a name without an end", `{"t":"${"A".repeat(100)}`],
  ["a message cut short", '{"t":"A","s":1,"op":0,"d":{"x":"'],
  ["nothing", ""],
])("leaves %s to the parser", (_, text) => {
  expect(peek(text)).toBeUndefined();
});

const payload = fc.oneof(
  fc.jsonValue(),
  fc.record({ content: fc.string({ unit: "grapheme" }), t: fc.string(), s: fc.integer(), op: fc.nat() }),
);

test("agrees with JSON.parse on whatever it reads", () => {
  const name = fc.stringMatching(/^[A-Z_0-9]{1,20}$/);
  fc.assert(
    fc.property(name, fc.nat({ max: Number.MAX_SAFE_INTEGER }), payload, (type, sequence, data) => {
      const text = JSON.stringify({ t: type, s: sequence, op: 0, d: data });
      const header = peek(text);
      const parsed = JSON.parse(text) as { t: string; s: number };
      if (header !== undefined) expect(header).toEqual({ type: parsed.t, sequence: parsed.s });
      expect(header === undefined).toBe(String(sequence).length > 15);
    }),
    { numRuns: 2_000 },
  );
});

test("never throws, and never reads a header where there is none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 60 }), fc.nat({ max: 255 }), (bytes, at, byte) => {
      peekDispatchHeader(Buffer.from(bytes));
      const message = Buffer.from('{"t":"GUILD_CREATE","s":7,"op":0,"d":{"id":"1","name":"x"}}');
      message[Math.min(at, message.length - 1)] = byte;
      const header = peekDispatchHeader(message);
      let parsed: { t?: unknown; s?: unknown; op?: unknown } | undefined;
      try {
        parsed = JSON.parse(message.toString()) as typeof parsed;
      } catch {
        // What the peek lets pass may be broken further on, in the payload that nobody reads.
        return;
      }
      if (header !== undefined)
        expect({ t: header.type, s: header.sequence, op: 0 }).toEqual({ t: parsed?.t, s: parsed?.s, op: parsed?.op });
    }),
    { numRuns: 2_000 },
  );
});
