import { defineBench, type Bench } from "@antiphon/bench";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { waitFor } from "@antiphon/std";
import { createGateway, type Gateway } from "../src/index.ts";

/** Long enough that a client which does not wait for HELLO would show. */
const HELLO_DELAY_MS = 50;
const INTENTS = 1 | (1 << 9) | (1 << 15);

/** A simulated Discord and a gateway in it. */
interface Scene {
  readonly simulator: DiscordSimulator;
  readonly gateway: Gateway;
  readonly contents: string[];
  say(content: string): void;
}

async function open(helloDelayMs: number): Promise<Scene> {
  const simulator = await startDiscordSimulator({ identify: { windowMs: 0 }, helloDelayMs });
  const { world, apiUrl } = simulator;
  const { token, botUserId } = world.addApplication({ name: "Bot" });
  const user = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Guild", ownerId: user.id });
  world.addMember(guild.id, botUserId);
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  const gateway = createGateway({
    token,
    intents: INTENTS,
    async gatewayInfo() {
      const answer = await fetch(`${apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${token}` } });
      return (await answer.json()) as never;
    },
  });
  const contents: string[] = [];
  gateway.subscribe(({ type, data }) => {
    if (type === "MESSAGE_CREATE") contents.push((data as { readonly content: string }).content);
  });
  await gateway.connect();
  const say = (content: string) => void world.sendMessage({ channelId: channel.id, authorId: user.id, content });
  return { simulator, gateway, contents, say };
}

async function shut({ gateway, simulator }: Scene): Promise<void> {
  await gateway.close();
  await simulator.close();
}

const causes: Readonly<Record<string, (simulator: DiscordSimulator) => unknown>> = {
  "op 7": ({ world }) => world.requestReconnect(),
  "close 4000": ({ world }) => world.dropConnections({ code: 4000 }),
  "a cut connection (1006)": ({ world }) => world.dropConnections(),
};

/** From the moment that the server acts to op 6, without the time that it waits with HELLO. */
function timeToResume(cause: string): Bench {
  let scene: Scene | undefined;
  return defineBench({
    name: `from ${cause} to resume, without HELLO's delay`,
    unit: "ms",
    subject: {
      name: "createGateway",
      async measure() {
        scene ??= await open(HELLO_DELAY_MS);
        const { simulator, gateway, say } = scene;
        // A connection on which something has happened counts as one that works; after one that does not, the shard waits.
        const heard = waitFor(gateway, "dispatch");
        say("a word");
        await heard;
        const resuming = waitFor(simulator.world, "sessionResume");
        const resumed = waitFor(gateway, "resumed");
        const startedMs = performance.now();
        causes[cause]?.(simulator);
        await resuming;
        const tookMs = performance.now() - startedMs;
        await resumed;
        return tookMs - HELLO_DELAY_MS;
      },
    },
    bar: { atMost: 15 },
    teardown: async () => {
      if (scene !== undefined) await shut(scene);
    },
    note: `Wall time; the simulated server waits ${HELLO_DELAY_MS} ms with HELLO. @discordjs/ws sleeps 500 ms before it resumes.`,
  });
}

export const opcode7 = timeToResume("op 7");
export const closed = timeToResume("close 4000");
export const cut = timeToResume("a cut connection (1006)");

export const drops = defineBench({
  name: "1,000 drops of every kind",
  unit: "events lost or doubled",
  subject: {
    name: "createGateway",
    async measure({ isQuick }) {
      const scene = await open(0);
      const kinds = Object.values(causes);
      const said: string[] = [];
      const say = () => {
        said.push(String(said.length));
        scene.say(said.at(-1) ?? "");
      };
      for (let drop = 0; drop < (isQuick ? 100 : 1_000); drop++) {
        say();
        const resumed = waitFor(scene.gateway, "resumed");
        kinds[drop % kinds.length]?.(scene.simulator);
        say();
        await resumed;
        say();
      }
      const complete = said.at(-1);
      while (scene.contents.at(-1) !== complete) await waitFor(scene.gateway, "dispatch");
      await shut(scene);
      const counts = new Map<string, number>();
      for (const content of scene.contents) counts.set(content, (counts.get(content) ?? 0) + 1);
      return said.reduce((wrong, content) => wrong + Math.abs((counts.get(content) ?? 0) - 1), 0);
    },
  },
  bar: { atMost: 0 },
  note: "op 7, close 4000 and cut connections in turn, with messages before, during and after; 100 drops in a quick run.",
});
