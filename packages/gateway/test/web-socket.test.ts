import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { createServer as createPlainServer, type AddressInfo, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createBoundedQueue } from "@antiphon/std";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { openWebSocket } from "../src/web-socket/open-web-socket.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
});
const portOf = (server: { address(): AddressInfo | string | null }) => (server.address() as AddressInfo).port;

/** Somebody else's server, one connection of it, and our end of that. */
async function connect(url: string, server: WebSocketServer) {
  const messages = createBoundedQueue<string>({ limit: 1_000 });
  const closed = Promise.withResolvers<[code: number, problem: string | undefined]>();
  const accepted = once(server, "connection") as Promise<[WebSocket]>;
  const socket = openWebSocket(url, {
    onMessage: (data) => messages.push(data.toString("latin1")),
    onClosed: (code, problem) => closed.resolve([code, problem]),
  });
  cleanups.push(() => socket.abort());
  const [peer] = await accepted;
  // The server is done with the handshake before we are.
  peer.send("welcome");
  await messages.take();
  return { socket, peer, messages, closed: closed.promise };
}

async function startServer() {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  cleanups.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return connect(`ws://127.0.0.1:${portOf(server)}/`, server);
}

/** A server that answers an upgrade with these bytes, and then does no more. */
async function startRawServer(answer: string) {
  const sockets: Socket[] = [];
  const server = createPlainServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {}); // The client hangs up.
    socket.once("data", () => socket.write(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { promise: closed, resolve } = Promise.withResolvers<[code: number, problem: string | undefined]>();
  const socket = openWebSocket(`ws://127.0.0.1:${portOf(server)}/`, {
    onMessage: () => {},
    onClosed: (code, problem) => resolve([code, problem]),
  });
  return { socket, closed };
}

const lengths = [0, 1, 125, 126, 65_535, 65_536, 300_000];

describe("our WebSocket and the server of ws", () => {
  it("say the same whatever the length", async () => {
    const { socket, peer, messages } = await startServer();
    const heard: string[] = [];
    peer.on("message", (data: Buffer) => heard.push(data.toString("latin1")));
    for (const length of lengths) {
      peer.send("x".repeat(length));
      socket.send("y".repeat(length));
    }
    for (const length of lengths) expect(await messages.take()).toBe("x".repeat(length));
    await expect.poll(() => heard.map(({ length }) => length), { timeout: 20_000 }).toEqual(lengths);
    peer.send("in ", { fin: false });
    peer.ping();
    peer.send("parts", { fin: true });
    expect(await messages.take()).toBe("in parts");
  });

  it("answer pings, and stop to read while paused", async () => {
    const { socket, peer, messages } = await startServer();
    const pong = once(peer, "pong") as Promise<[Buffer]>;
    peer.ping("are you there");
    expect((await pong)[0].toString()).toBe("are you there");
    socket.pause();
    const silent = once(peer, "pong");
    peer.send("later");
    peer.ping();
    socket.resume();
    await silent;
    expect(await messages.take()).toBe("later");
  });

  it("close with the code of the one who began", async () => {
    const first = await startServer();
    const heard = once(first.peer, "close") as Promise<[number]>;
    first.socket.close(4900);
    first.socket.close(1000);
    expect((await heard)[0]).toBe(4900);
    expect(await first.closed).toEqual([4900, undefined]);
    first.socket.send("nobody hears this");

    const second = await startServer();
    const answered = once(second.peer, "close") as Promise<[number]>;
    second.peer.close(4011, "Sharding required");
    expect(await second.closed).toEqual([4011, "Sharding required"]);
    expect((await answered)[0]).toBe(4011);

    const third = await startServer();
    third.peer.close();
    expect(await third.closed).toEqual([1005, undefined]);
  });

  it("end with 1006 when the connection is cut", async () => {
    const { peer, closed } = await startServer();
    peer.terminate();
    expect((await closed)[0]).toBe(1006);
    const own = await startServer();
    own.socket.abort();
    expect(await own.closed).toEqual([1006, undefined]);
  });
});

describe("our WebSocket", () => {
  it("says why it did not open", async () => {
    const refusing = await startRawServer("HTTP/1.1 401 Unauthorized\r\n\r\n");
    expect(await refusing.closed).toEqual([1006, expect.stringContaining("401 Unauthorized")]);
    const silent = await startRawServer("");
    silent.socket.send("too early");
    silent.socket.close(1000);
    expect(await silent.closed).toEqual([1006, undefined]);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const server = createPlainServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    server.close();
    await once(server, "close");
    openWebSocket(url, { onMessage: () => {}, onClosed: (_code, problem) => resolve(problem) });
    expect(await promise).toContain("ECONNREFUSED");
    expect(() => openWebSocket("ftp://127.0.0.1/", { onMessage: () => {}, onClosed: () => {} })).toThrow("ftp:");
  });

  it("speaks TLS, and with nobody whose certificate it does not know", async () => {
    const file = (name: string) => readFileSync(new URL(`__fixtures__/${name}.pem`, import.meta.url), "utf8");
    const certificate = file("localhost-certificate");
    const http: Server = createServer({ cert: certificate, key: file("localhost-key") }).listen(0, "127.0.0.1");
    await once(http, "listening");
    const server = new WebSocketServer({ server: http });
    cleanups.push(() => {
      for (const client of server.clients) client.terminate();
      http.close();
    });
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const url = `wss://localhost:${portOf(http)}/`;
    openWebSocket(url, { onMessage: () => {}, onClosed: (_code, problem) => resolve(problem) });
    expect(await promise).toContain("self-signed");

    const known = getCACertificates();
    cleanups.push(() => setDefaultCACertificates(known));
    setDefaultCACertificates([...known, certificate]);
    const { socket, peer, messages, closed } = await connect(url, server);
    for (const length of lengths) peer.send("x".repeat(length));
    for (const length of lengths) expect(await messages.take()).toBe("x".repeat(length));
    const heard = once(peer, "message") as Promise<[Buffer]>;
    socket.send("hello");
    expect((await heard)[0].toString()).toBe("hello");
    socket.close(1000);
    expect((await closed)[0]).toBe(1000);
  });
});
