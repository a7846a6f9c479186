import { expect, test } from "vitest";
import { createProtocolParser, type ClientOperation } from "./protocol-parser.ts";

const text =
  'CONNECT {"verbose":false,"headers":true}\r\nPING\r\nPONG\r\nSUB a.* 1\r\nsub b.> workers 2\r\nUNSUB 1\r\nUNSUB 2 5\r\n' +
  "PUB a.b 5\r\nhe\r\no\r\nPUB a.b _INBOX.1 0\r\n\r\nHPUB a.b 22 27\r\nNATS/1.0\r\nkey: val\r\n\r\nhello\r\n";

const wanted = [
  { type: "connect", options: { verbose: false, headers: true } },
  { type: "ping" },
  { type: "pong" },
  { type: "sub", subject: "a.*", queue: undefined, sid: "1" },
  { type: "sub", subject: "b.>", queue: "workers", sid: "2" },
  { type: "unsub", sid: "1", maximum: undefined },
  { type: "unsub", sid: "2", maximum: 5 },
  { type: "pub", subject: "a.b", reply: undefined, headers: undefined, payload: "he\r\no" },
  { type: "pub", subject: "a.b", reply: "_INBOX.1", headers: undefined, payload: "" },
  { type: "pub", subject: "a.b", reply: undefined, headers: "NATS/1.0\r\nkey: val\r\n\r\n", payload: "hello" },
];

const readable = (operation: ClientOperation) =>
  operation.type === "pub"
    ? { ...operation, headers: operation.headers?.toString(), payload: operation.payload.toString() }
    : operation;

function parse(...chunks: readonly Buffer[]) {
  const parser = createProtocolParser(1_000);
  return chunks.flatMap((chunk) => parser.push(chunk)).map(readable);
}

test("reads every operation, whole, byte by byte, and cut at any place", () => {
  const bytes = Buffer.from(text);
  expect(parse(bytes)).toEqual(wanted);
  expect(parse(...[...bytes].map((byte) => Buffer.of(byte)))).toEqual(wanted);
  for (let cut = 1; cut < bytes.length; cut++)
    expect(parse(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).toEqual(wanted);
});

test.each([
  ["GET / HTTP/1.1\r\n", "Unknown Protocol Operation"],
  ["CONNECT [\r\n", "Parser Error"],
  ["CONNECT 7\r\n", "Parser Error"],
  ["SUB a\r\n", "Unknown Protocol Operation"],
  ["PUB a many\r\n", "Parser Error"],
  ["PUB a -1\r\n\r\n", "Parser Error"],
  ["PUB a b c 1\r\nx\r\n", "Parser Error"],
  ["PUB a 1\r\nxyz\r\n", "Parser Error"],
  ["HPUB a 9 4\r\n", "Parser Error"],
  ["PUB a 1001\r\n", "Maximum Payload Violation"],
  ["P".repeat(4_097), "Maximum Control Line Exceeded"],
])("%j is a violation, and nothing behind it is read", (line, reason) => {
  expect(parse(Buffer.from(`${line}PING\r\n`), Buffer.from("PING\r\n"))).toEqual([{ type: "violation", reason }]);
});
