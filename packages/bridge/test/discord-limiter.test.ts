import { describeWith, startNats } from "@antiphon/services";
import { createRest, type Rest } from "@antiphon/rest";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { createManualClock, systemClock } from "@antiphon/std";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeSharedLimiter } from "../../rest/src/shared-limiter.contract.ts";
import { createBusSharedLimiter } from "../src/discord/index.ts";
import { connectNatsCoreBus, createMemoryBus, type CoreBus } from "../src/index.ts";

const limiterOn = (bus: CoreBus, bucket: string, clock = systemClock) =>
  createBusSharedLimiter({ openTable: () => bus.openKeyValue(bucket, { create: true }), nowMs: () => clock.now() });

describeSharedLimiter("over a memory bus", async () => {
  const clock = createManualClock();
  const bus = createMemoryBus();
  return {
    limiters: [limiterOn(bus, "limits", clock), limiterOn(bus, "limits", clock)],
    pass: (durationMs) => clock.advance(durationMs),
    [Symbol.asyncDispose]: () => bus.close(),
  };
});

describeWith("nats-server", "shared limiter on a real server", () => {
  let server: Awaited<ReturnType<typeof startNats>>;
  let tables = 0;
  beforeAll(async () => {
    server = await startNats({ jetstream: true });
  });
  afterAll(() => server.close());

  describeSharedLimiter("over NATS", async () => {
    const bucket = `limits${tables++}`;
    const buses = await Promise.all([
      connectNatsCoreBus({ servers: server.url }),
      connectNatsCoreBus({ servers: server.url }),
    ]);
    // The table keeps the times that its users tell, so what a window holds does not depend on how quick this machine is.
    const clock = createManualClock();
    const [first, second] = buses.map((bus) => limiterOn(bus, bucket, clock));
    if (first === undefined || second === undefined) throw new Error("there are two");
    return {
      limiters: [first, second],
      pass: (durationMs) => clock.advance(durationMs),
      async [Symbol.asyncDispose]() {
        await Promise.all(buses.map((bus) => bus.close()));
      },
    };
  });

  test("ten workers in a storm of requests cause no 429 that one would not", async () => {
    await using discord = await startDiscordSimulator();
    const bot = discord.world.addApplication({ name: "Bot" });
    const guild = discord.world.addGuild({ name: "Guild" });
    discord.world.addMember(guild.id, bot.botUserId);
    const channels = [0, 1].map((index) => discord.world.addChannel(guild.id, { name: `c${index}`, type: "text" }).id);
    const bus = await connectNatsCoreBus({ servers: server.url });
    let refusals = 0;
    const workers: Rest[] = Array.from({ length: 10 }, () => {
      const rest = createRest({ token: bot.token, api: discord.apiUrl, sharedLimiter: limiterOn(bus, "storm") });
      rest.on("rateLimited", () => refusals++);
      return rest;
    });
    const send = (rest: Rest, index: number) =>
      rest.request("POST", `/channels/${channels[index % channels.length]}/messages`, {
        body: { content: `${index}` },
      });
    await Promise.all(workers.map(async (rest) => Promise.all([0, 1, 2].map((index) => send(rest, index)))));
    expect(refusals).toBe(0);
    expect(channels.flatMap((id) => discord.world.messages(id))).toHaveLength(30);
    await Promise.all(workers.map((rest) => rest.close()));
    await bus.close();
  }, 300_000);
});
