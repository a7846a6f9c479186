import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createListener, type Listener } from "../src/listener.ts";
import { servePage, type PageServer } from "../src/page-server.ts";
import { openPlaygroundWorld, type PlaygroundWorld } from "../src/world.ts";

const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-page-server-test-"));
let playground: PlaygroundWorld;
let listener: Listener;
let server: PageServer;

beforeAll(async () => {
  playground = await openPlaygroundWorld({ musicDirectory: dataDirectory, dataDirectory });
  const { discord, voice, guildId, me } = playground;
  listener = createListener({
    guildId,
    signaling: discord.world.signalingFor(me.id),
    certificate: voice.certificatePem,
  });
  server = await servePage({ playground, listener, host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.close();
  await listener.close();
  await playground.close();
  rmSync(dataDirectory, { recursive: true, force: true });
});

/** How a WebSocket ends: its close code, or the HTTP status that refused it. */
async function outcome(
  path: string,
  options: { readonly origin?: string; readonly host?: string; readonly first?: string },
): Promise<number> {
  const headers = {
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    ...(options.host === undefined ? {} : { host: options.host }),
  };
  const socket = new WebSocket(server.url.replace("http", "ws") + path, { headers });
  const { promise, resolve } = Promise.withResolvers<number>();
  socket.on("unexpected-response", (request, response) => {
    resolve(response.statusCode ?? 0);
    request.destroy();
  });
  socket.on("error", () => {});
  socket.on("open", () => (options.first === undefined ? socket.close(1000) : socket.send(options.first)));
  socket.on("close", resolve);
  return promise;
}

test.each(["/main.ts", "/style.css", "/", "/src/page-protocol.ts"])("serves %s", async (path) => {
  const response = await fetch(server.url + path);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
  if (path === "/main.ts") expect(await response.text()).not.toContain("import type");
});

test.each(["/../package.json", "/%2e%2e/package.json", "/src/main.ts", "/nothing.ts", "/.env"])(
  "does not serve %s",
  async (path) => {
    expect((await fetch(server.url + path)).status).toBe(404);
  },
);

test("refuses sockets of other sites, also under a name that leads here", async () => {
  const port = new URL(server.url).port;
  expect(await outcome("/page", { origin: "https://evil.example" })).toBe(403);
  expect(await outcome("/page", { origin: `http://evil.example:${port}`, host: `evil.example:${port}` })).toBe(403);
  expect(await outcome("/elsewhere", {})).toBe(403);
  expect(await outcome("/page", { origin: server.url })).toBe(1000);
});

test.each([
  "",
  "null",
  "{}",
  '{"type":"send"}',
  '{"type":"press","channelId":"x"}',
  `{"type":"send","channelId":"1","content":"${"x".repeat(2001)}"}`,
])("hangs up on %j", async (first) => {
  expect(await outcome("/page", { first })).toBe(1008);
});

test("a port that is taken is named, with what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const failure = servePage({ playground, listener, host: "127.0.0.1", port });
  await expect(failure).rejects.toMatchObject({
    code: "PLAYGROUND_PORT_IN_USE",
    message: expect.stringContaining("--port"),
  });
  other.close();
});
