import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { defineBench, type Bench } from "@antiphon/bench";
import { startNats } from "@antiphon/services";
import { connectNatsBus } from "../src/index.ts";
import { encodeDispatch, packDispatches } from "../src/discord/dispatch-codec.ts";
import { createDiscordWorker, dispatchSubjects } from "../src/discord/index.ts";

const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));
const APP = "1";
const gatewayProgram = fileURLToPath(new URL("discord-gateway-process.ts", import.meta.url));
const workerProgram = fileURLToPath(new URL("discord-worker-process.ts", import.meta.url));

/** What a worker adds to the time that a dispatch needs: from a gateway's hands to a listener's. */
export const latency = defineBench({
  name: "gateway to JetStream to worker, p50",
  unit: "ms",
  bar: { atMost: 3 },
  subject: {
    name: "createDiscordWorker",
    measure: async ({ isQuick }) => {
      await using server = await startNats({ jetstream: true });
      const options = { servers: server.url, stream: { name: "discord", subjects: [dispatchSubjects()] } };
      await using bus = await connectNatsBus(options);
      await using workerBus = await connectNatsBus(options);
      const table = await bus.openKeyValue(`discord_${APP}_shards`, { create: true });
      await table.put("layout", Buffer.from(JSON.stringify({ shardCount: 1, laneCount: 32 })));
      await table.put("shard.0", Buffer.from(JSON.stringify({ owner: null, data: { userId: "1" } })));
      await using worker = createDiscordWorker({ bus: workerBus, applicationId: APP });
      const delaysMs: number[] = [];
      worker.gateway.subscribe(
        ({ data }) => void delaysMs.push(performance.now() - (data as { readonly atMs: number }).atMs),
      );
      await worker.gateway.connect();
      const count = isQuick ? 1_000 : 10_000;
      for (let sequence = 1; sequence <= count; sequence++) {
        const data = { guild_id: String(sequence % 100), atMs: performance.now() };
        const dispatch = { type: "MESSAGE_CREATE", data, sequence, shardId: 0 };
        const encoded = encodeDispatch(dispatch, 32);
        const origin = { prefix: `discord.${APP}`, shardId: 0, sessionId: "s" };
        const message = encoded === undefined ? undefined : packDispatches([encoded], origin);
        if (message !== undefined) void bus.publish(message.subject, message.data, message);
        await pause(1);
      }
      while (delaysMs.length < count) await pause(10);
      // The first ones come while the worker takes its lanes.
      const steady = delaysMs.slice(count / 2).sort((left, right) => left - right);
      return steady[Math.floor(steady.length / 2)] ?? Number.NaN;
    },
  },
  note: "One event a millisecond; nats-server beside it, messages kept on disk.",
});

interface Report {
  readonly count: number;
  readonly lateMs: number;
}

function start(program: string, args: readonly string[], onReport: (report: Report) => void = () => {}): ChildProcess {
  const child = spawn(process.execPath, ["--conditions=@antiphon/source", program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", (line) => onReport(JSON.parse(line) as Report));
  return child;
}

/** A gateway and three workers at full speed. */
function storm(figure: "rate" | "backlogMs"): Bench {
  return defineBench({
    name: `one gateway, three workers, ${figure === "rate" ? "throughput" : "longest wait of an event"}`,
    unit: figure === "rate" ? "events/s" : "ms",
    bar: figure === "rate" ? { atLeast: 20_000 } : { atMost: 2_500 },
    subject: {
      name: "openDiscordGatewayRole",
      measure: async ({ isQuick }) => {
        await using server = await startNats({ jetstream: true });
        const count = isQuick ? 60_000 : 200_000;
        const reports: Report[] = [0, 1, 2].map(() => ({ count: 0, lateMs: 0 }));
        const total = () => reports.reduce((sum, report) => sum + report.count, 0);
        const children = reports.map((_, index) =>
          start(workerProgram, [server.url, APP], (report) => (reports[index] = report)),
        );
        try {
          await pause(2_000);
          children.push(start(gatewayProgram, [server.url, APP, String(count)]));
          // Measured once the lanes are shared out and everything is warm.
          while (total() < count / 5) await pause(5);
          const [fromMs, from] = [performance.now(), total()];
          while (total() < count) await pause(5);
          const rate = ((total() - from) / (performance.now() - fromMs)) * 1_000;
          return figure === "rate" ? rate : Math.max(...reports.map(({ lateMs }) => lateMs));
        } finally {
          for (const child of children) child.kill("SIGKILL");
        }
      },
    },
    note: "Each event 300 bytes of JSON, kept in JetStream, parsed by one of three worker processes; what waits for a lane travels together.",
  });
}

export const throughput = storm("rate");
export const backlog = storm("backlogMs");
