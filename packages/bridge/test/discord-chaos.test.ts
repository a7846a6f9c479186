import { describeWith } from "@antiphon/services";
import { createSeededRandom, type Random } from "@antiphon/std";
import { expect, test } from "vitest";
import { startFleet, type Fleet, type FleetProcess } from "./discord-fleet.ts";
import { startNatsCluster } from "./nats-process.ts";

const SEEDS = Number(process.env["ANTIPHON_CHAOS_SEEDS"] ?? 2);
const PATIENCE = { timeout: 120_000, interval: 50 };

/** Talks in all guilds, and uses a command now and then, until it is stopped. */
function startLoad(fleet: Fleet, random: Random): Disposable {
  const timer = setInterval(() => {
    for (const guild of fleet.guilds) guild.say();
    const guild = fleet.guilds[Math.floor(random.next() * fleet.guilds.length)];
    if (random.next() < 0.3) guild?.ping();
  }, 60);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Resolves when each guild got something new that was said after now. */
async function allServed(fleet: Fleet): Promise<void> {
  const marks = fleet.guilds.map(({ said }) => said);
  await expect
    .poll(
      () => fleet.guilds.every(({ heard }, index) => heard.some((number) => number >= (marks[index] ?? 0))),
      PATIENCE,
    )
    .toBe(true);
}

/** The numbers without those that had come before. */
const firsts = (numbers: readonly number[]) => [...new Set(numbers)];

describeWith("nats-server", "a bot on many processes", () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    "loses no dispatch and answers no interaction twice while a worker, a gateway and a NATS node are killed: seed %i",
    async (seed) => {
      const random = createSeededRandom(seed);
      const pick = (count: number) => Math.floor(random.next() * count);
      await using stack = new AsyncDisposableStack();
      const cluster = (await startNatsCluster()).map((node) => stack.use(node));
      const fleet = stack.use(
        await startFleet({ servers: cluster.map(({ port }) => `127.0.0.1:${port}`), replicas: 3 }, 8),
      );
      const processes: Record<"gateway" | "worker", FleetProcess[]> = {
        gateway: [fleet.start("gateway"), fleet.start("gateway")],
        worker: [fleet.start("worker"), fleet.start("worker"), fleet.start("worker")],
      };
      await Promise.all([...processes.gateway, ...processes.worker].map(({ ready }) => ready));
      const killProcess = async (role: "gateway" | "worker") => {
        await processes[role].splice(pick(processes[role].length), 1)[0]?.kill();
        processes[role].push(fleet.start(role));
      };
      const faults = {
        worker: () => killProcess("worker"),
        gateway: () => killProcess("gateway"),
        node: async () => {
          const node = cluster[pick(3)];
          await node?.kill();
          return () => node?.start();
        },
      };
      {
        using _load = startLoad(fleet, createSeededRandom(seed));
        await allServed(fleet);
        const order = (["worker", "gateway", "node"] as const).map((name) => [random.next(), name] as const).sort();
        for (const [, name] of order) {
          const revive = await faults[name]();
          await allServed(fleet);
          await revive?.();
        }
        await allServed(fleet);
      }
      await expect
        .poll(() => fleet.guilds.map(({ heard }) => new Set(heard).size), PATIENCE)
        .toEqual(fleet.guilds.map(({ said }) => said));
      for (const { heard, said } of fleet.guilds)
        expect(firsts(heard)).toEqual(Array.from({ length: said }, (_, number) => number));
      expect([...fleet.handled].filter(([, times]) => times > 1)).toEqual([]);
      expect([...fleet.answered].filter(([, times]) => times > 1)).toEqual([]);
      expect(fleet.answered.size).toBeGreaterThan(0);
    },
    480_000,
  );
});
