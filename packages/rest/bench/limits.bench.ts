import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type BenchContext } from "@antiphon/bench";
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

function defineSharedStorm(processes: number) {
  const rig = createRig();
  return defineBench({
    name: `storm over 60 channels, ${processes} processes with one token`,
    unit: "× ideal time",
    subject: {
      name: "createRest with sharedLimiter",
      measure: async (context) => {
        const server = rig.server();
        server.begin(stormRules);
        const channels = Array.from({ length: CHANNELS }, (_, index) => 1_300_000_000_000_000_000n + BigInt(index));
        const limiter = createMemorySharedLimiter({ clock: systemClock });
        const requests = stormSize(context);
        const args = ["token", `${server.origin}/api`, channels.join(","), String(requests / processes)];
        await runStormClients(processes, args, limiter);
        withoutRefusal(server.figures());
        return timesIdeal(server.figures().spanMs, requests);
      },
    },
    bar: { atMost: 1.1 },
    note: "The limiter is a process that the clients ask over a pipe. Two processes of @discordjs/rest get 429 for most of it.",
    setup: rig.setup,
    teardown: rig.teardown,
  });
}
export const sharedStorm2 = defineSharedStorm(2);
export const sharedStorm4 = defineSharedStorm(4);

function defineScenario(options: {
  readonly name: string;
  readonly scenario: string;
  readonly count: number;
  readonly rules: ServerRules;
  readonly unit: string;
  readonly bar: number;
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
    bar: { atMost: bar },
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
  bar: 1_000,
  note: "50 ms round trip, with warm code and connections.",
  read: ({ elapsedMs }) => elapsedMs,
});
export const callbackSockets = defineScenario({
  name: "sockets for 1,000 interaction callbacks",
  scenario: "callbacks",
  count: 1_000,
  rules: { roundTripMs: 50 },
  unit: "sockets",
  bar: 64,
  note: "The most that were open at once.",
  read: ({ peakSockets }) => peakSockets,
});
export const followUps = defineScenario({
  name: "200 follow-ups",
  scenario: "followUps",
  count: 200,
  rules: { roundTripMs: 50, limits: { perChannel: 5, windowMs: 2_000, perSecond: PER_SECOND } },
  unit: "ms",
  bar: 400,
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
  bar: 6_400,
  note: "5 per 2 s, 100 ms round trip.",
  read: ({ elapsedMs }) => elapsedMs,
});
export const firstSends = defineScenario({
  name: "the first 5 sends to one channel",
  scenario: "sends",
  count: 5,
  rules: sendRules,
  unit: "ms",
  bar: 220,
  note: "5 per 2 s, 100 ms round trip.",
  read: ({ elapsedMs }) => elapsedMs,
});
export const faults = defineScenario({
  name: "failures while every fifth answer is 500, 502 or 503",
  scenario: "faults",
  count: 200,
  rules: { roundTripMs: 5, failsEveryFifth: true },
  unit: "failed or doubled of 200",
  bar: 0,
  note: "Messages to 100 channels; one with a nonce that the server has seen is not doubled.",
  read: ({ failures, created }) => failures + Math.max(0, created - 200),
});
export const entries = defineScenario({
  name: "limiter entries after 5,000 interactions",
  scenario: "callbacks",
  count: 5_000,
  rules: { roundTripMs: 0 },
  unit: "entries",
  bar: 100,
  note: "Answered side by side; buckets in memory afterwards.",
  read: ({ buckets }) => buckets,
  hasRival: false,
});
