import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createHandshake } from "./handshake.ts";

function setUp(headers: Readonly<Record<string, string>> = {}) {
  const handshake = createHandshake(new URL("wss://gateway.example:8443/path?v=10"), headers);
  const key = /Sec-WebSocket-Key: (.+)\r\n/.exec(handshake.request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const answer = (lines: readonly string[], status = "HTTP/1.1 101 Switching Protocols") =>
    Buffer.from(`${[status, ...lines].join("\r\n")}\r\n\r\n`);
  const lines = ["Upgrade: WebSocket", "connection:upgrade", `SEC-WEBSOCKET-ACCEPT:   ${accept}  `];
  return { handshake, answer, lines };
}

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
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
      expect(handshake.receive(bytes.subarray(at))).toEqual({ isOpen: true, rest: Buffer.from("hello") });
    }
  });

  it("sends headers, and none that would be more than one", () => {
    const { request } = setUp({ Authorization: "p\u00e4ss word", "User-Id": "1" }).handshake;
    expect(request.split("\r\n").slice(4, 6)).toEqual(["Authorization: p\u00e4ss word", "User-Id: 1"]);
    expect(request.indexOf("\r\n\r\n")).toBe(request.length - 4);
    const rejected = [
      ["Authorization", "secret\r\nX: y"],
      ["Authorization", "secret\n"],
      ["Authorization", "secret\0"],
      ["Authorization", "secret\u0100"],
      ["X: y\r\nZ", "secret"],
      ["", "secret"],
      ["Host", "secret"],
      ["sec-websocket-Protocol", "secret"],
      ["Content-Length", "1 secret"],
    ] as const;
    for (const [name, value] of rejected) {
      const error = catchError(() => setUp({ [name]: value }));
      expect(error).toMatchObject({ code: "WEB_SOCKET_INVALID_HEADER", message: expect.stringContaining("header ") });
      expect(String(error)).not.toContain("secret");
    }
  });

  it("refuses every other answer, and says what came", () => {
    const refused = (change: (parts: ReturnType<typeof setUp>) => Buffer) => {
      const parts = setUp();
      return parts.handshake.receive(change(parts));
    };
    const refusal = (problem: string, status?: number) => ({
      isOpen: false,
      problem: expect.stringContaining(problem),
      status,
    });
    const tooMany = "HTTP/1.1 429 Too Many Requests";
    expect(refused(({ answer }) => answer([], tooMany))).toEqual(refusal("429 Too Many Requests", 429));
    expect(refused(({ answer }) => answer([], "HTTP/1.0 401"))).toEqual(refusal("401", 401));
    expect(refused(({ answer }) => answer([], "SSH-2.0-OpenSSH"))).toEqual(refusal("SSH-2.0"));
    expect(refused(({ answer, lines }) => answer(lines.slice(0, 2)))).toEqual(refusal("does not belong"));
    expect(refused(({ answer, lines }) => answer([...lines, "Sec-WebSocket-Accept: x"]))).toEqual(
      refusal("does not belong"),
    );
    expect(refused(({ answer, lines }) => answer(lines.slice(1)))).toEqual(refusal("does not belong"));
    const extension = "Sec-WebSocket-Extensions: permessage-deflate";
    expect(refused(({ answer, lines }) => answer([...lines, extension]))).toEqual(refusal("not offered"));
    expect(refused(() => Buffer.alloc(17_000, "x"))).toEqual(refusal("over 16384 bytes"));
  });
});
