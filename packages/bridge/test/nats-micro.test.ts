import { describeWith, startNats } from "@antiphon/services";
import { Svcm } from "@nats-io/services";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { z } from "zod";
import { connectNatsCoreBus } from "../src/bus/nats-core-bus.ts";
import { defineEndpoint, defineRequest, openBusService } from "../src/service/index.ts";

describeWith("nats-server", "NATS' own client for services", () => {
  test("finds ours, asks it, and reads its statistics and its failures", async () => {
    await using server = await startNats();
    const servers = `127.0.0.1:${server.port}`;
    await using bus = await connectNatsCoreBus({ servers });
    const double = defineEndpoint({
      request: defineRequest({
        subject: "math.double",
        question: z.number(),
        answer: z.number(),
        summary: "Doubles.",
      }),
      answer: async (number) => number * 2,
    });
    const open = () =>
      openBusService({
        bus,
        name: "math",
        version: "1.2.3",
        description: "Sums",
        metadata: { team: "a" },
        endpoints: { double },
      });
    await using first = await open();
    await using second = await open();

    const connection = await connect({ servers });
    // The client for services brings a copy of the core of its own, whose types are the same by another name.
    const finding = (count: number) =>
      new Svcm(connection as never).client({ strategy: "count", maxWait: 10_000, maxMessages: count });
    const all = async <Info>(asking: Promise<AsyncIterable<Info>>) => {
      const found: Info[] = [];
      for await (const each of await asking) found.push(each);
      return found;
    };
    const ids = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id).sort();
    expect(ids(await all(finding(2).ping()))).toEqual([first.id, second.id].sort());
    const info = await all(finding(1).info("math", first.id));
    expect(info).toMatchObject([
      {
        type: "io.nats.micro.v1.info_response",
        name: "math",
        id: first.id,
        version: "1.2.3",
        description: "Sums",
        metadata: { team: "a" },
        endpoints: [{ name: "double", subject: "math.double", queue_group: "q" }],
      },
    ]);
    expect((await connection.request("math.double", "4")).json()).toEqual({ ok: true, data: 8 });
    const failed = await connection.request("math.double", '"x"');
    expect(failed.headers?.get("Nats-Service-Error")).toBe("QUESTION_INVALID");
    expect(failed.headers?.get("Nats-Service-Error-Code")).toBe("500");
    const stats = await all(finding(2).stats("math"));
    const sum = (name: "num_requests" | "num_errors") =>
      stats.reduce((total, { endpoints }) => total + (endpoints?.[0]?.[name] ?? 0), 0);
    expect([sum("num_requests"), sum("num_errors")]).toEqual([2, 1]);
    await connection.close();
  });
});
