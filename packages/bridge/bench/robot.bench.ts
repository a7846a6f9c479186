import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { defineBench, type BenchContext } from "@antiphon/bench";
import { startNats } from "@antiphon/services";
import { decodeKrytenEvent } from "@antiphon/protocol/kryten";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { connectNatsCoreBus } from "../src/index.ts";
import { openRobot } from "../src/robot/index.ts";
import { startChatSite, type ChatSite } from "./chat-site.ts";

const program = fileURLToPath(new URL("robot-process.ts", import.meta.url));
const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

interface Stage extends AsyncDisposable {
  readonly site: ChatSite;
  readonly servers: string;
  /** The lines that came over the bus, and when. */
  readonly heard: { readonly text: string; readonly atMs: number }[];
}

async function openStage(): Promise<Stage> {
  const server = await startNats({ jetstream: true });
  const site = await startChatSite();
  const listener: NatsConnection = await connect({ servers: `127.0.0.1:${server.port}` });
  const heard: { readonly text: string; readonly atMs: number }[] = [];
  listener.subscribe("kryten.events.cytube.lounge.chatmsg", {
    callback: (_, message) => {
      const atMs = performance.now();
      const { payload } = decodeKrytenEvent(message.data);
      heard.push({ text: (payload as { readonly msg: string }).msg, atMs });
    },
  });
  await listener.flush();
  return {
    site,
    servers: `127.0.0.1:${server.port}`,
    heard,
    async [Symbol.asyncDispose]() {
      await listener.close();
      await site[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

async function startRobotProcess({ site, servers }: Stage): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, ["--conditions=@antiphon/source", program, servers, site.url, site.domain], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return {
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await once(child, "close");
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition() && waitedMs < 20_000; waitedMs += 10) await pause(10);
}

/** Milliseconds from the site's frame to the subscriber on NATS, one line at a time. */
async function latencies(count: number): Promise<readonly number[]> {
  await using stage = await openStage();
  await using _robot = await startRobotProcess(stage);
  const saidMs: number[] = [];
  const warmUp = 200;
  for (let index = 0; index < warmUp + count; index++) {
    saidMs.push(performance.now());
    stage.site.say(`${index}`);
    await pause(4);
  }
  await until(() => stage.heard.length >= warmUp + count);
  const delays = stage.heard.map(({ text, atMs }) => atMs - (saidMs[Number(text)] ?? 0));
  return delays.slice(warmUp).sort((left, right) => left - right);
}

const quantile = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
const latency = (share: number, atMost: number) =>
  defineBench({
    name: `CyTube to NATS, p${share * 100}`,
    unit: "ms",
    bar: { atMost },
    subject: {
      name: "openRobot",
      measure: async ({ isQuick }: BenchContext) => quantile(await latencies(isQuick ? 500 : 2_000), share),
    },
    note: "The robot in a process of its own; kryten-robot 1.12.4 took 2.7 ms and 10.3 ms.",
  });
export const median = latency(0.5, 0.7);
export const slowest = latency(0.99, 3);

/** How many of a burst arrive, counted up to the first that is out of its place. */
export const burst = defineBench({
  name: "burst of 8,000 CyTube events",
  unit: "in order",
  bar: { atLeast: 8_000 },
  subject: {
    name: "openRobot",
    measure: async () => {
      await using stage = await openStage();
      await using _robot = await startRobotProcess(stage);
      for (let index = 0; index < 8_000; index++) stage.site.say(`${index}`);
      await until(() => stage.heard.length >= 8_000);
      const wrong = stage.heard.findIndex(({ text }, index) => text !== `${index}`);
      return wrong === -1 ? stage.heard.length : wrong;
    },
  },
  note: "kryten-robot 1.12.4 lost 6,216.",
});

/** Lines that were lost or came twice while a robot was replaced three times in a channel that went on talking. */
export const restart = defineBench({
  name: "robot restarted three times in a busy chat",
  unit: "lost or twice",
  bar: { atMost: 0 },
  subject: {
    name: "openRobot",
    measure: async () => {
      await using stage = await openStage();
      const { site } = stage;
      let said = 0;
      const talking = setInterval(() => site.say(`${said++}`), 25);
      for (let round = 0; round < 4; round++) {
        await using bus = await connectNatsCoreBus({ servers: stage.servers });
        await using _robot = await openRobot({ bus, siteUrl: site.url, domain: site.domain, channel: "lounge" });
        await pause(400);
        if (round === 3) clearInterval(talking);
        await until(() => round < 3 || new Set(stage.heard.map(({ text }) => text)).size >= said);
      }
      const texts = stage.heard.map(({ text }) => Number(text));
      const first = Math.min(...texts);
      const expected = said - first;
      return Math.abs(expected - new Set(texts).size) + (texts.length - new Set(texts).size);
    },
  },
});
