import { describeWith, startNats } from "@antiphon/services";
import { encodeKrytenEvent, eventSubject } from "@antiphon/protocol/kryten";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectNatsCoreBus } from "../src/index.ts";
import { createKrytenClient } from "../src/kryten/index.ts";
import { startCutProxy } from "./cut-proxy.ts";

const channels = [{ domain: "cytu.be", channel: "lounge" }];

/** Publishes the event of a number as a robot would. */
function publishTo(bus: Awaited<ReturnType<typeof connectNatsCoreBus>>) {
  return (payload: number) => {
    const event = { eventName: "usercount", payload, channel: "lounge", domain: "cytu.be", publishedAtMs: Date.now() };
    return bus.send(eventSubject("lounge", "usercount"), encodeKrytenEvent({ ...event, correlationId: `${payload}` }), {
      id: `${payload}`,
    });
  };
}

describeWith("nats-server", "kryten over NATS", () => {
  let server: Awaited<ReturnType<typeof startNats>>;
  beforeAll(async () => {
    server = await startNats({ jetstream: true });
  });
  afterAll(() => server.close());

  test("a burst of 8,000 events arrives whole and in order on one connection of the client's own", async () => {
    await using robot = await connectNatsCoreBus({ servers: server.url });
    await using client = createKrytenClient({
      config: { nats: { servers: [server.url], connect_timeout: 5 }, channels, service: { name: "demo" } },
    });
    const seen: number[] = [];
    client.on("usercount", ({ payload }) => void seen.push(payload));
    await client.connect();
    const wanted = Array.from({ length: 8_000 }, (_, index) => index);
    await Promise.all(wanted.map(publishTo(robot)));
    await expect.poll(() => seen.length).toBe(8_000);
    expect(seen).toEqual(wanted);
    expect(client.health()).toMatchObject({ connected: true, eventsDropped: 0, duplicates: 0, malformed: 0 });
  });

  test("what is published while the robot's line is cut is handled once each, in order", async () => {
    const proxy = await startCutProxy(server.port);
    await using robot = await connectNatsCoreBus({ servers: `127.0.0.1:${proxy.port}` });
    await using client = createKrytenClient({ config: { nats: { servers: server.url }, channels } });
    const seen: number[] = [];
    client.on("usercount", ({ payload }) => void seen.push(payload));
    await client.connect();
    const publish = publishTo(robot);
    const early = Array.from({ length: 500 }, (_, index) => publish(index));
    proxy.cut();
    const late = Array.from({ length: 500 }, (_, index) => publish(500 + index));
    proxy.mend();
    await Promise.all([...early, ...late]);
    await expect.poll(() => seen.length).toBe(1_000);
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    await robot.close();
    await proxy.close();
  });

  test("credentials that the server does not take, or that are not there, are said without their content", async () => {
    const secret = "SUAM-not-a-seed";
    const wrong = createKrytenClient({ config: { nats: { servers: server.url, nkey_seed: secret }, channels } });
    await expect(wrong.connect()).rejects.toMatchObject({
      code: "BRIDGE_CONNECT_FAILED",
      message: expect.not.stringContaining(secret),
    });
    const missing = createKrytenClient({
      config: { nats: { servers: server.url, credentials: "/nowhere.creds" }, channels },
    });
    await expect(missing.connect()).rejects.toMatchObject({ code: "BRIDGE_CONFIG_UNREADABLE" });
  });
});
