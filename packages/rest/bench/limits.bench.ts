import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type Bar, type BenchContext } from "@antiphon/bench";
import { systemClock } from "@antiphon/std";
import { createMemorySharedLimiter } from "../src/index.ts";
import { runStormClients } from "../test/storm.ts";
import { startLimitedServer, type LimitedServer, type ServerFigures, type ServerRules } from "./limited-server.ts";

const client = fileURLToPath(new URL("scenario-client.ts", import.meta.url));
const RIVAL = { name: "@discordjs/rest", version: "2.6.3" };
const CHANNELS = 60;
const PER_SECOND = 50;
const stormRules: ServerRules = { roundTripMs: 30, limits: { perChannel: 5, windowMs: 2_000, perSecond: PER_SECOND } };

interface Outcome extends ServerFigures {
  readonly elapsedMs: number;
  readonly failures: number;
  readonly buckets: number;
}

/** A server for one benchmark, and what a scenario came to. */
function createRig() {
  let server: LimitedServer | undefined;
  return {
    setup: async () => void (server = await startLimitedServer()),
    teardown: () => server?.close(),
    server: () => server as LimitedServer,
    async run(library: string, scenario: string, count: number, rules: ServerRules): Promise<Outcome> {
      const { origin, begin, figures } = server as LimitedServer;
      begin(rules);
      const { output } = await measureProcess(client, [origin, library, scenario, String(count)]);
      return { ...figures(), ...(JSON.parse(output) as Omit<Outcome, keyof ServerFigures>) };
    },
  };
}

const stormSize = ({ isQuick }: BenchContext) => (isQuick ? 200 : 600);
/** The first second's requests go at once, so that 600 take 11 seconds at best. */
const timesIdeal = (spanMs: number, requests: number) => spanMs / ((requests / PER_SECOND - 1) * 1_000);
const withoutRefusal = ({ refused }: ServerFigures) => {
  if (refused > 0) throw new Error(`${refused} requests were answered with 429`);
};

const single = createRig();
const measureStorm = async (context: BenchContext, library: string) => {
  const outcome = await single.run(library, "storm", stormSize(context), stormRules);
  if (library === "own") withoutRefusal(outcome);
  return timesIdeal(outcome.elapsedMs, stormSize(context));
};
export const storm = defineBench({
  name: "storm over 60 channels, one process",
  unit: "× ideal time",
  subject: { name: "createRest", measure: (context) => measureStorm(context, "own") },
  rival: { ...RIVAL, measure: (context) => measureStorm(context, "rival") },
  bar: { atMost: 1.1 },
  note: "600 requests (quick: 200), 5 per 2 s and channel, 50 per second, 30 ms round trip; a single 429 fails ours. 1.1 is 12.1 s.",
  setup: single.setup,
  teardown: single.teardown,
});

/** A storm from several processes that share a limiter, which is a process that they ask over a pipe. */
async function runSharedStorm(server: LimitedServer, processes: number, requests: number): Promise<ServerFigures> {
  server.begin(stormRules);
  const channels = Array.from({ length: CHANNELS }, (_, index) => 1_300_000_000_000_000_000n + BigInt(index));
  const limiter = createMemorySharedLimiter({ clock: systemClock });
  const args = ["token", `${server.origin}/api`, channels.join(","), String(requests / processes)];
  await runStormClients(processes, args, limiter);
  return server.figures();
}

function defineSharedStorm(processes: number) {
  const rig = createRig();
  return defineBench({
    name: `storm over 60 channels, ${processes} processes with one token`,
    unit: "× ideal time",
    subject: {
      name: "createRest with sharedLimiter",
      measure: async (context) => {
        const figures = await runSharedStorm(rig.server(), processes, stormSize(context));
        withoutRefusal(figures);
        return timesIdeal(figures.spanMs, stormSize(context));
      },
    },
    bar: { atMost: 1.1 },
    note: "A single 429 fails it. The limiter is a process that the clients ask over a pipe.",
    setup: rig.setup,
    teardown: rig.teardown,
  });
}
export const sharedStorm2 = defineSharedStorm(2);
export const sharedStorm4 = defineSharedStorm(4);

const refusals = createRig();
/** Fewer than in the storm: this counts, and how long it takes does not matter. */
const REFUSAL_REQUESTS = 120;
export const stormRefusals = defineBench({
  name: "429 in a storm from 2 processes with one token",
  unit: `of ${REFUSAL_REQUESTS} requests`,
  subject: {
    name: "createRest with sharedLimiter",
    measure: async () => (await runSharedStorm(refusals.server(), 2, REFUSAL_REQUESTS)).refused,
  },
  rival: {
    ...RIVAL,
    measure: async () => {
      const { origin, begin, figures } = refusals.server();
      begin(stormRules);
      const args = [origin, "rival", "storm", String(REFUSAL_REQUESTS / 2)];
      await Promise.all([measureProcess(client, args), measureProcess(client, args)]);
      return figures().refused;
    },
  },
  bar: { atMost: 0 },
  note: "Over 60 channels, 50 per second; a process alone knows nothing of the other one.",
  setup: refusals.setup,
  teardown: refusals.teardown,
});

function defineScenario(options: {
  readonly name: string;
  readonly scenario: string;
  readonly count: number;
  readonly rules: ServerRules;
  readonly unit: string;
  readonly bar: Bar;
  readonly note: string;
  readonly read: (outcome: Outcome) => number;
  readonly hasRival?: boolean;
}) {
  const { name, scenario, count, rules, unit, bar, note, read, hasRival = true } = options;
  const rig = createRig();
  const measure = (library: string) => async () => read(await rig.run(library, scenario, count, rules));
  return defineBench({
    name,
    unit,
    note,
    subject: { name: "createRest", measure: measure("own") },
    ...(hasRival ? { rival: { ...RIVAL, measure: measure("rival") } } : {}),
    bar,
    setup: rig.setup,
    teardown: rig.teardown,
  });
}

export const callbacks = defineScenario({
  name: "1,000 interaction callbacks",
  scenario: "callbacks",
  count: 1_000,
  rules: { roundTripMs: 50 },
  unit: "ms",
  bar: { atMost: 1_000 },
  note: "50 ms round trip, with warm code and connections.",
  read: ({ elapsedMs }) => elapsedMs,
});
export const callbackSockets = defineScenario({
  name: "sockets for 1,000 interaction callbacks",
  scenario: "callbacks",
  count: 1_000,
  rules: { roundTripMs: 50 },
  unit: "sockets",
  bar: { atMost: 64 },
  note: "The most that were open at once.",
  read: ({ peakSockets }) => peakSockets,
});
export const followUps = defineScenario({
  name: "200 follow-ups",
  scenario: "followUps",
  count: 200,
  rules: { roundTripMs: 50, limits: { perChannel: 5, windowMs: 2_000, perSecond: PER_SECOND } },
  unit: "ms",
  bar: { atMost: 400 },
  note: "Of 200 interactions, at 50 ms round trip.",
  read: ({ elapsedMs }) => elapsedMs,
});
const sendRules: ServerRules = { roundTripMs: 100, limits: { perChannel: 5, windowMs: 2_000, perSecond: PER_SECOND } };
export const sends = defineScenario({
  name: "20 sends to one channel",
  scenario: "sends",
  count: 20,
  rules: sendRules,
  unit: "ms",
  bar: { atMost: 6_400 },
  note: "5 per 2 s, 100 ms round trip.",
  read: ({ elapsedMs }) => elapsedMs,
});
export const firstSends = defineScenario({
  name: "the first 5 sends to one channel",
  scenario: "sends",
  count: 5,
  rules: sendRules,
  unit: "ms",
  bar: { atMost: 220 },
  note: "5 per 2 s, 100 ms round trip.",
  read: ({ elapsedMs }) => elapsedMs,
});
export const faults = defineScenario({
  name: "failures while every fifth answer is 500, 502 or 503",
  scenario: "faults",
  count: 200,
  rules: { roundTripMs: 5, fails: "every fifth" },
  unit: "failed or doubled of 200",
  bar: { atMost: 0 },
  note: "Messages to 100 channels; one with a nonce that the server has seen is not doubled.",
  read: ({ failures, created }) => failures + Math.max(0, created - 200),
});
export const lasting = defineScenario({
  name: "calls that end in an error while every answer is 503",
  scenario: "lasting",
  count: 20,
  rules: { roundTripMs: 5, fails: "always" },
  unit: "of 20",
  bar: { atLeast: 20 },
  note: "Each call rejects, and the process goes on.",
  read: ({ failures }) => failures,
});
export const entries = defineScenario({
  name: "limiter entries after 5,000 interactions",
  scenario: "followUps",
  count: 5_000,
  rules: { roundTripMs: 0, limits: { perChannel: 5, windowMs: 2_000, perSecond: PER_SECOND } },
  unit: "entries",
  bar: { atMost: 100 },
  note: "Follow-ups with a token of their own, each with a limit; buckets in memory afterwards.",
  read: ({ buckets }) => buckets,
  hasRival: false,
});
