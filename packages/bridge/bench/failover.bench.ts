import { defineBench, type Bench } from "@antiphon/bench";
import { createSeededRandom } from "@antiphon/std";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { startFleet, type Fleet } from "../test/discord-fleet.ts";
import { startNatsCluster } from "../test/nats-process.ts";

const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));
const PROBE_TIMEOUT_MS = 250;

interface Failover {
  /** From the kill until each guild got something that was said after it. */
  readonly servedMs: number;
  /** The longest time for which a bare client could not publish into one of the streams that the bot uses. */
  readonly withoutLeaderMs: number;
}

/** Publishes into streams as often as it can until stopped, and says for how long at most one of them took nothing. */
async function watchStreams(servers: readonly string[], subjects: readonly string[]) {
  const connection = await connect({ servers: [...servers], reconnectTimeWait: 100, maxReconnectAttempts: -1 });
  const client = jetstream(connection);
  const ending = new AbortController();
  const longest = subjects.map(async (subject) => {
    let [longestMs, lastMs] = [0, performance.now()];
    for (;;) {
      // What fails is what is measured.
      const isTaken = await client.publish(subject, "", { timeout: PROBE_TIMEOUT_MS }).then(
        () => true,
        () => false,
      );
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      if (isTaken) lastMs = performance.now();
      // The bot may be done before the election is.
      if (isTaken && ending.signal.aborted) return longestMs;
      await pause(20);
    }
  });
  return {
    async stop() {
      ending.abort();
      const longestMs = Math.max(...(await Promise.all(longest)));
      await connection.close();
      return longestMs;
    },
  };
}

async function untilServed(fleet: Fleet): Promise<void> {
  const marks = fleet.guilds.map(({ said }) => said);
  const isServed = () =>
    fleet.guilds.every(({ heard }, index) => heard.some((number) => number >= (marks[index] ?? 0)));
  while (!isServed()) await pause(10);
}

/** Kills one part of a bot that runs on two gateways, three workers and a cluster of three. */
async function failOver(victim: "worker" | "gateway" | "leader", seed: number): Promise<Failover> {
  await using stack = new AsyncDisposableStack();
  const cluster = (await startNatsCluster()).map((node) => stack.use(node));
  const servers = cluster.map(({ port }) => `127.0.0.1:${port}`);
  const fleet = stack.use(await startFleet({ servers, replicas: 3 }, 8));
  const gateways = [fleet.start("gateway"), fleet.start("gateway")];
  const workers = [fleet.start("worker"), fleet.start("worker"), fleet.start("worker")];
  await Promise.all([...gateways, ...workers].map(({ ready }) => ready));
  const talking = setInterval(() => {
    for (const guild of fleet.guilds) guild.say();
  }, 60);
  stack.defer(() => clearInterval(talking));
  await untilServed(fleet);
  const buckets = ["lanes", "shards"].map((what) => `$KV.discord_${fleet.applicationId}_${what}.probe`);
  const probe = await watchStreams(servers, ["discord.probe", ...buckets]);
  await pause(2_000);
  const random = createSeededRandom(seed);
  const kill = {
    worker: () => workers[Math.floor(random.next() * workers.length)]?.kill(),
    gateway: () => gateways[Math.floor(random.next() * gateways.length)]?.kill(),
    async leader() {
      const connection = await connect({ servers });
      const manager = await jetstreamManager(connection);
      const { leader = "" } = (await manager.streams.info("discord")).cluster ?? {};
      await connection.close();
      await cluster[Number(leader.slice("node".length))]?.kill();
    },
  };
  await kill[victim]();
  const killedMs = performance.now();
  await untilServed(fleet);
  const servedMs = performance.now() - killedMs;
  return { servedMs, withoutLeaderMs: await probe.stop() };
}

let seed = 1;
let leaderKilled: Promise<Failover> | undefined;

const bench = (victim: "worker" | "gateway"): Bench =>
  defineBench({
    name: `kill -9 of a ${victim}, until every guild is served again`,
    unit: "ms",
    bar: { atMost: 5_000 },
    subject: { name: "a bot on many processes", measure: async () => (await failOver(victim, seed++)).servedMs },
  });

export const worker = bench("worker");
export const gateway = bench("gateway");
export const leader = defineBench({
  name: "kill -9 of the NATS node that leads, until every guild is served again",
  unit: "ms",
  bar: { atMost: 5_000 },
  subject: {
    name: "a bot on many processes",
    async measure() {
      leaderKilled = failOver("leader", seed++);
      return (await leaderKilled).servedMs;
    },
  },
  rival: {
    name: "a bare publisher in the same run",
    measure: async () => (await (leaderKilled ?? failOver("leader", seed++))).withoutLeaderMs,
  },
  note: "The servers' own election takes 4 to 9 s; the second figure is for how long one of the bot's streams took nothing.",
});
