import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@antiphon/core";
import { createConnectionPool } from "@antiphon/rest";
import { expect, it } from "vitest";

it("a connection pool that is passed in is used for requests, and stays open when the client closes", async () => {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ id: "400", name: "Guild", roles: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  await using connectionPool = createConnectionPool();
  const passed = createClient({ token: "t", intents: [], api, restOptions: { connectionPool } });
  expect((await passed.getGuild("400")).name).toBe("Guild");
  expect(connectionPool.getStats()).toMatchObject({ opened: 1, running: 0 });
  await passed.close();
  const lease = await connectionPool.acquire(api);
  expect(connectionPool.getStats().reused).toBe(1);
  lease.release();

  await using own = createClient({ token: "t", intents: [], api });
  expect((await own.getGuild("400")).name).toBe("Guild");
  expect(connectionPool.getStats().opened).toBe(1);
  await connectionPool.close();
  server.close();
});
