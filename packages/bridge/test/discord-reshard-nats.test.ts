import { describeWith, startNats } from "@antiphon/services";
import { expect, test } from "vitest";
import { startFleet } from "./discord-fleet.ts";

/** No process dies here, and none shall be taken for dead on a busy machine: what it had in hand would come again. */
const LEASE_MS = 10_000;
const PATIENCE = { timeout: 120_000, interval: 50 };

describeWith("nats-server", "a bot on many processes that gets more shards", () => {
  test("loses no dispatch, handles none twice, and answers commands", { timeout: 300_000 }, async () => {
    await using nats = await startNats({ jetstream: true });
    await using fleet = await startFleet({ servers: [nats.url], replicas: 1, leaseMs: LEASE_MS }, 8);
    const gateways = [fleet.start("gateway"), fleet.start("gateway")];
    const workers = [fleet.start("worker"), fleet.start("worker")];
    await Promise.all([...gateways, ...workers].map(({ ready }) => ready));
    let turn = 0;
    const timer = setInterval(() => {
      for (const guild of fleet.guilds) guild.say();
      if (++turn % 4 === 0) fleet.guilds[turn % fleet.guilds.length]?.ping();
    }, 60);
    try {
      await expect.poll(() => fleet.guilds.every(({ heard }) => heard.length > 0), PATIENCE).toBe(true);
      await gateways[0]?.reshard(4);
      const marks = fleet.guilds.map(({ said }) => said);
      await expect
        .poll(() => fleet.guilds.every(({ heard }, index) => heard.length > (marks[index] ?? 0)), PATIENCE)
        .toBe(true);
    } finally {
      clearInterval(timer);
    }
    await expect
      .poll(() => fleet.guilds.map(({ heard }) => heard.length), PATIENCE)
      .toEqual(fleet.guilds.map(({ said }) => said));
    for (const { heard, said } of fleet.guilds)
      expect(heard).toEqual(Array.from({ length: said }, (_, number) => number));
    expect([...fleet.handled].filter(([, times]) => times > 1)).toEqual([]);
    expect([...fleet.answered].filter(([, times]) => times > 1)).toEqual([]);
    expect(fleet.answered.size).toBeGreaterThan(0);
  });
});
