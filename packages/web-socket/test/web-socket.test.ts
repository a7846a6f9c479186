import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as createPlainServer } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createManualClock } from "@antiphon/std";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { openWebSocket, WebSocketError } from "../src/index.ts";
import { connect, portOf, startRawServer, startServer } from "./server.ts";

const silent = { onMessage: () => {} };
const lengths = [0, 1, 125, 126, 65_535, 65_536, 300_000];

describe("our WebSocket and the server of ws", () => {
  it("say the same whatever the length", async () => {
    const { socket, peer, messages } = await startServer();
    const heard: unknown[] = [];
    peer.on("message", (data: Buffer, isBinary) => heard.push([data.length, isBinary]));
    for (const length of lengths) {
      peer.send("x".repeat(length));
      peer.send(Buffer.alloc(length, "z"));
      socket.send("y".repeat(length));
      socket.send(Buffer.alloc(length));
    }
    for (const length of lengths) {
      expect(await messages.take()).toBe("x".repeat(length));
      expect(await messages.take()).toEqual(Buffer.alloc(length, "z"));
    }
    const meant = lengths.flatMap((length) => [
      [length, false],
      [length, true],
    ]);
    await expect.poll(() => heard).toEqual(meant);
    peer.send("in ", { fin: false });
    peer.ping();
    peer.send("parts", { fin: true });
    expect(await messages.take()).toBe("in parts");
  });

  it("answer each other's pings", async () => {
    const { socket, peer, pongs } = await startServer();
    const pong = once(peer, "pong") as Promise<[Buffer]>;
    peer.ping("are you there");
    expect((await pong)[0].toString()).toBe("are you there");
    socket.ping();
    expect(await pongs.take()).toBe("pong");
  });

  it("hand nothing on while ours is paused, and all of it afterwards", async () => {
    const { socket, peer, messages } = await startServer();
    let answered = false;
    peer.on("pong", () => (answered = true));
    socket.pause();
    const many = Array.from({ length: 500 }, (_, index) => `${index} ${"x".repeat(1_000)}`);
    for (const message of many) peer.send(message);
    peer.ping();
    // Another connection goes there and back meanwhile.
    const other = await startServer();
    other.socket.ping();
    await other.pongs.take();
    expect([answered, messages.size]).toEqual([false, 0]);
    socket.resume();
    for (const message of many) expect(await messages.take()).toBe(message);
  });

  it("close with the code of the one who began", async () => {
    const first = await startServer();
    const heard = once(first.peer, "close") as Promise<[number]>;
    first.socket.pause();
    first.socket.close(4900);
    first.socket.close(1000);
    expect((await heard)[0]).toBe(4900);
    expect(await first.socket.closed).toEqual({ code: 4900, problem: undefined, refusedStatus: undefined });
    first.socket.send("nobody hears this");
    expect(first.socket.isOpen).toBe(false);

    const second = await startServer();
    const answered = once(second.peer, "close") as Promise<[number]>;
    second.peer.close(4011, "Sharding required");
    expect(await second.socket.closed).toMatchObject({ code: 4011, problem: "Sharding required" });
    expect((await answered)[0]).toBe(4011);

    const third = await startServer();
    third.peer.close();
    expect(await third.socket.closed).toMatchObject({ code: 1005, problem: undefined });
    const fourth = await startServer();
    const disposed = once(fourth.peer, "close") as Promise<[number]>;
    await fourth.socket[Symbol.asyncDispose]();
    expect((await disposed)[0]).toBe(1000);
  });

  it("end with 1006 when the connection is cut, after which nothing more comes", async () => {
    const { socket, peer } = await startServer();
    peer.terminate();
    expect((await socket.closed).code).toBe(1006);
    const own = await startServer();
    own.peer.send("on its way");
    own.socket.abort();
    expect(await own.socket.closed).toMatchObject({ code: 1006, problem: undefined });
    expect(own.messages.size).toBe(0);
  });

  it("end with the code for what breaks the protocol, or is too long", async () => {
    const { socket, peer } = await startServer({ maximumMessageBytes: 10 });
    const heard = once(peer, "close") as Promise<[number]>;
    peer.send("x".repeat(11));
    expect(await socket.closed).toMatchObject({ code: 1006, problem: "a message is over 10 bytes" });
    expect((await heard)[0]).toBe(1009);
    const wrong = await startServer();
    const raw = (wrong.peer as unknown as { readonly _socket: { write(bytes: Buffer): void } })._socket;
    const refused = once(wrong.peer, "close") as Promise<[number]>;
    raw.write(Buffer.of(0x88, 2, 1005 >> 8, 1005 & 0xff));
    expect(await wrong.socket.closed).toMatchObject({ code: 1006, problem: expect.stringContaining("close frame") });
    expect((await refused)[0]).toBe(1002);
  });

  it("end when more is sent than the server ever takes", async () => {
    const { socket, peer } = await startServer();
    peer.pause();
    const piece = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 64 && socket.isOpen; sent++) socket.send(piece);
    expect(socket.isOpen).toBe(false);
    expect(await socket.closed).toMatchObject({ code: 1006, problem: expect.stringContaining("wait to be sent") });
  });
});

describe("our WebSocket", () => {
  it("sends its headers, and gives the status of a refusal", async () => {
    const { url, request } = await startRawServer("HTTP/1.1 401 Unauthorized\r\n\r\n");
    const socket = openWebSocket(url, silent, { headers: { Authorization: "p\u00e4ss", "User-Id": "7" } });
    expect(await socket.closed).toEqual({
      code: 1006,
      problem: "the server answered HTTP/1.1 401 Unauthorized instead of opening a WebSocket",
      refusedStatus: 401,
    });
    expect(await request).toContain("\r\nAuthorization: p\u00e4ss\r\nUser-Id: 7\r\n");
  });

  it("says why it did not open", async () => {
    const server = createPlainServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    server.close();
    await once(server, "close");
    expect((await openWebSocket(url, silent).closed).problem).toContain("ECONNREFUSED");
    const slow = await startRawServer("");
    const given = openWebSocket(slow.url, silent);
    given.send("too early");
    given.ping();
    given.close();
    expect(await given.closed).toEqual({ code: 1006, problem: undefined, refusedStatus: undefined });
  });

  it("waits for the handshake, and for the answer to a close, only so long", async () => {
    const clock = createManualClock();
    const slow = await startRawServer("");
    const opening = openWebSocket(slow.url, silent, { clock, handshakeTimeoutMs: 300 });
    await slow.request;
    await clock.advance(300);
    expect(await opening.closed).toMatchObject({ code: 1006, problem: "the handshake took too long" });

    const { socket, peer } = await startServer({ clock });
    peer.pause();
    socket.close(4900);
    await clock.advance(5_000);
    expect(await socket.closed).toMatchObject({ code: 1006, problem: undefined });
    expect(clock.pendingTimers).toBe(0);
  });

  it("refuses an address that is none, and prints no password", () => {
    const refusalOf = (address: string) => {
      try {
        openWebSocket(address, silent);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    for (const address of ["ftp://127.0.0.1/", "hunter2", "ws://user:hunter2@127.0.0.1/"]) {
      const error = refusalOf(address);
      expect(error).toBeInstanceOf(WebSocketError);
      expect(error).toMatchObject({ code: "WEB_SOCKET_INVALID_URL" });
      expect(String(error)).not.toContain("hunter2");
    }
  });

  it("speaks TLS, and with nobody whose certificate it does not know", async () => {
    const file = (name: string) => readFileSync(new URL(`__fixtures__/${name}.pem`, import.meta.url), "utf8");
    const certificate = file("localhost-certificate");
    const http = createServer({ cert: certificate, key: file("localhost-key") }).listen(0, "127.0.0.1");
    await once(http, "listening");
    const server = new WebSocketServer({ server: http });
    onTestFinished(() => {
      for (const client of server.clients) client.terminate();
      http.close();
    });
    const url = `wss://localhost:${portOf(http)}/`;
    expect((await openWebSocket(url, silent).closed).problem).toContain("self-signed");

    const known = getCACertificates();
    onTestFinished(() => setDefaultCACertificates(known));
    setDefaultCACertificates([...known, certificate]);
    const { socket, peer, messages } = await connect(url, server);
    socket.pause();
    for (const length of lengths) peer.send("x".repeat(length));
    socket.resume();
    for (const length of lengths) expect(await messages.take()).toBe("x".repeat(length));
    const heard = once(peer, "message") as Promise<[Buffer]>;
    socket.send("hello");
    expect((await heard)[0].toString()).toBe("hello");
    socket.close();
    expect((await socket.closed).code).toBe(1000);
  });
});
