import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { startLavalinkSimulator, type LavalinkSimulator, type LavalinkSimulatorOptions } from "@antiphon/sim/lavalink";
import { createManualClock, createSeededRandom, waitFor } from "@antiphon/std";
import { onTestFinished } from "vitest";
import { createLavalink, type LavalinkEvent, type LavalinkOptions, type LoadResult, type Track } from "../src/index.ts";
import { createFakeSignaling } from "./fake-signaling.ts";

export const guildId = "81384788765712384" as GuildId;
export const channelId = "81384788765712385" as ChannelId;

export interface WorldOptions {
  readonly nodes?: number;
  readonly client?: Partial<LavalinkOptions>;
  readonly simulator?: LavalinkSimulatorOptions;
}

/** Simulated nodes and a connected client on a clock that the test moves; all closed when the test is over. */
export async function openWorld(options: WorldOptions = {}) {
  const clock = createManualClock();
  const simulators: LavalinkSimulator[] = [];
  for (let index = 0; index < (options.nodes ?? 1); index++) {
    simulators.push(
      await startLavalinkSimulator({ clock, random: createSeededRandom(index + 7), ...options.simulator }),
    );
  }
  const signaling = createFakeSignaling();
  const lavalink = createLavalink({
    nodes: simulators.map(({ host, port, password }, index) => ({ name: `node${index}`, host, port, password })),
    signaling,
    clock,
    // Time that is moved by hand leaves a socket no moment to answer a ping.
    heartbeatMs: 1e9,
    silenceMs: 0,
    random: createSeededRandom(5),
    ...options.client,
  });
  const events: LavalinkEvent[] = [];
  const collected = (async () => {
    for await (const event of lavalink.events()) events.push(event);
  })();
  onTestFinished(async () => {
    await lavalink.close();
    await Promise.all(simulators.map((each) => each.close()));
    await collected;
  });
  await lavalink.connect();
  await eventually(() => lavalink.nodes.every((node) => node.ready));
  const simulator = simulators[0] as LavalinkSimulator;
  return {
    clock,
    simulators,
    simulator,
    signaling,
    lavalink,
    events,
    join: () => lavalink.join({ guildId, channelId }),
    next: <Type extends LavalinkEvent["type"]>(type: Type) => waitFor(lavalink, type),
    patches: (index = 0) => (simulators[index] as LavalinkSimulator).requests.filter(isPlayerPatch),
  };
}

function isPlayerPatch({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method === "PATCH" && path.includes("/players/");
}

/** Waits until something is so; the test's own time limit ends it. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

export function trackOf(result: LoadResult): Track {
  if (result.type === "track") return result.track;
  throw new Error(`expected a track, got ${result.type}`);
}
