import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createHandshake } from "./handshake.ts";

function setUp() {
  const handshake = createHandshake(new URL("wss://gateway.example:8443/path?v=10"));
  const key = /Sec-WebSocket-Key: (.+)\r\n/.exec(handshake.request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const answer = (lines: readonly string[], status = "HTTP/1.1 101 Switching Protocols") =>
    Buffer.from(`${[status, ...lines].join("\r\n")}\r\n\r\n`);
  const lines = ["Upgrade: WebSocket", "connection:upgrade", `SEC-WEBSOCKET-ACCEPT:   ${accept}  `];
  return { handshake, answer, lines };
}

describe("the handshake", () => {
  it("asks for the path on the host, and gives what follows the answer, wherever that was cut", () => {
    const { request } = setUp().handshake;
    expect(request.split("\r\n").slice(0, 2)).toEqual(["GET /path?v=10 HTTP/1.1", "Host: gateway.example:8443"]);
    expect(request.endsWith("\r\nSec-WebSocket-Version: 13\r\n\r\n")).toBe(true);
    const length = setUp().answer(setUp().lines).length;
    for (let at = 1; at < length; at++) {
      const { handshake, answer, lines } = setUp();
      const bytes = Buffer.concat([answer(lines), Buffer.from("hello")]);
      expect(handshake.receive(bytes.subarray(0, at))).toBeUndefined();
      expect(handshake.receive(bytes.subarray(at))?.toString()).toBe("hello");
    }
  });

  it("refuses every other answer, and says what came", () => {
    const refused = (change: (parts: ReturnType<typeof setUp>) => Buffer) => {
      const parts = setUp();
      return () => parts.handshake.receive(change(parts));
    };
    expect(refused(({ answer }) => answer([], "HTTP/1.1 429 Too Many Requests"))).toThrow("429 Too Many Requests");
    expect(refused(({ answer }) => answer([], "SSH-2.0-OpenSSH"))).toThrow("SSH-2.0");
    expect(refused(({ answer, lines }) => answer(lines.slice(0, 2)))).toThrow("does not belong");
    expect(refused(({ answer, lines }) => answer([...lines, "Sec-WebSocket-Accept: x"]))).toThrow("does not belong");
    expect(refused(({ answer, lines }) => answer(lines.slice(1)))).toThrow("does not belong");
    const extension = "Sec-WebSocket-Extensions: permessage-deflate";
    expect(refused(({ answer, lines }) => answer([...lines, extension]))).toThrow("not offered");
    expect(refused(() => Buffer.alloc(17_000, "x"))).toThrow("over 16384 bytes");
  });
});
