import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createHttpPool } from "@antiphon/recommender/enrichment";

/** A server that answers nobody before it is told to. */
async function startServer() {
  const waiting: ServerResponse[] = [];
  const connections = { open: 0, most: 0, total: 0 };
  const server = createServer((_request, response) => waiting.push(response));
  server.on("connection", (socket) => {
    connections.total++;
    connections.most = Math.max(connections.most, ++connections.open);
    socket.on("close", () => connections.open--);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    waiting,
    connections,
    answer: (body = "{}") => {
      for (const response of waiting.splice(0)) response.end(body);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const { signal } = new AbortController();
const timeout = { timeout: 30_000 };

test("connections are used again, and at most a hundred are open at once, to all hosts together", async () => {
  await using first = await startServer();
  await using second = await startServer();
  await using pool = createHttpPool({ maxHosts: 2 });
  const servers = [first, second];
  const request = (index: number) =>
    pool.send({ method: "GET", url: servers[index % 2]?.url ?? "", headers: {}, signal });
  const waiting = () => first.waiting.length + second.waiting.length;
  const all = Promise.all(Array.from({ length: 250 }, (_, index) => request(index)));
  for (const expected of [100, 100, 50]) {
    await expect.poll(waiting, timeout).toBe(expected);
    for (const server of servers) server.answer();
  }
  expect((await all).map(({ status }) => status)).toEqual(Array.from({ length: 250 }, () => 200));
  const total = (key: "most" | "total") => first.connections[key] + second.connections[key];
  expect(total("most")).toBe(100);
  expect(total("total")).toBe(100);
  await using third = await startServer();
  await expect(pool.send({ method: "GET", url: third.url, headers: {}, signal })).rejects.toThrow();
});

test("a body over its limit is not read to its end", async () => {
  await using server = await startServer();
  await using pool = createHttpPool({ maximumBodyBytes: 1_000 });
  const sent = pool.send({ method: "GET", url: server.url, headers: {}, signal });
  await expect.poll(() => server.waiting.length, timeout).toBe(1);
  server.answer("x".repeat(1_001));
  await expect(sent).rejects.toMatchObject({ code: "RECOMMENDER_API_RESPONSE_INVALID" });
});

test("closing ends what is under way, and a bound that makes no sense is refused", async () => {
  await using server = await startServer();
  const pool = createHttpPool();
  const sent = pool.send({ method: "GET", url: server.url, headers: {}, signal });
  await expect.poll(() => server.waiting.length, timeout).toBe(1);
  await Promise.all([pool.close(), pool.close()]);
  await expect(sent).rejects.toThrow();
  expect(() => createHttpPool({ maxConnections: 5 })).toThrow("maxConnections 5");
});
