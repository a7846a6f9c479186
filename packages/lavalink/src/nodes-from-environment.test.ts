import { expect, test } from "vitest";
import { nodesFromEnvironment } from "./nodes-from-environment.ts";

test("has Lavalink's own defaults but for the password", () => {
  const defaults = { host: "127.0.0.1", port: 2333, password: "pw", secure: false };
  expect(nodesFromEnvironment({ LAVALINK_PASSWORD: "pw" })).toEqual([defaults]);
  const given = {
    LAVALINK_HOST: "node.invalid",
    LAVALINK_PORT: "443",
    LAVALINK_PASSWORD: "pw",
    LAVALINK_SECURE: "true",
  };
  expect(nodesFromEnvironment(given)).toEqual([{ host: "node.invalid", port: 443, password: "pw", secure: true }]);
});

test.each([
  [{}, "LAVALINK_PASSWORD is not set"],
  [{ LAVALINK_PASSWORD: "hush", LAVALINK_PORT: "99999" }, 'LAVALINK_PORT is "99999"'],
  [{ LAVALINK_PASSWORD: "hush", LAVALINK_SECURE: "yes" }, 'LAVALINK_SECURE is "yes"'],
])("%j is refused, and the password is not printed", (environment, reason) => {
  const error = expect.objectContaining({
    code: "LAVALINK_INVALID_ARGUMENT",
    message: expect.stringContaining(reason),
  });
  expect(() => nodesFromEnvironment(environment)).toThrow(error);
  expect(() => nodesFromEnvironment(environment)).not.toThrow("hush");
});
