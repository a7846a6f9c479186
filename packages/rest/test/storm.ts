import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LimitClaim } from "@antiphon/protocol/discord";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { systemClock } from "@antiphon/std";
import { createMemorySharedLimiter, type SharedLimiter } from "../src/index.ts";

/** A storm of requests from several processes with one token. */
export interface StormOptions {
  readonly processes: number;
  /** Requests of all processes together. */
  readonly requests: number;
  readonly channels: number;
  /** How many messages one channel takes in a window. */
  readonly limit: number;
  readonly windowMs: number;
}

/** What came of a storm. */
export interface StormResult {
  /** Messages that arrived. */
  readonly messages: number;
  readonly rateLimited: number;
  readonly failures: number;
  /** Round trips to the shared limiter. */
  readonly claims: number;
}

type FromClient =
  | "ready"
  | { readonly id: number; readonly key: string; readonly claim: LimitClaim }
  | { readonly rateLimited: number; readonly failures: number; readonly claims: number };

const program = fileURLToPath(new URL("storm-client.ts", import.meta.url));

/** Starts clients that begin at the same moment, and is their shared limiter until they end. */
export async function runStormClients(
  count: number,
  args: readonly string[],
  limiter: SharedLimiter,
): Promise<readonly Omit<StormResult, "messages">[]> {
  const children = Array.from({ length: count }, () =>
    fork(program, args, { execArgv: ["--conditions=@antiphon/source"] }),
  );
  let ready = 0;
  const run = (child: (typeof children)[number]) =>
    new Promise<Omit<StormResult, "messages">>((resolve, reject) => {
      child.on("message", (message: FromClient) => {
        if (message === "ready") {
          ready++;
          if (ready === count) for (const each of children) each.send("begin");
        } else if ("key" in message) {
          const { id, key, claim } = message;
          void limiter.claim(key, claim).then((verdict) => child.connected && child.send({ id, verdict }));
        } else resolve(message);
      });
      child.on("exit", (code) => reject(new Error(`A storm client ended with ${code}.`)));
    });
  return Promise.all(children.map(run));
}

/** Lets several processes send against one simulated Discord. */
export async function runStorm({ processes, requests, channels, limit, windowMs }: StormOptions): Promise<StormResult> {
  const routes = { "POST /channels/:channelId/messages": { limit, windowMs } };
  await using discord = await startDiscordSimulator({ rateLimits: { globalPerSecond: 50, routes } });
  const bot = discord.world.addApplication({ name: "Bot" });
  const guild = discord.world.addGuild({ name: "Guild" });
  discord.world.addMember(guild.id, bot.botUserId);
  const ids = Array.from(
    { length: channels },
    (_, index) => discord.world.addChannel(guild.id, { name: `c${index}`, type: "text" }).id,
  );
  const limiter = createMemorySharedLimiter({ clock: systemClock });
  const args = [bot.token, discord.apiUrl, ids.join(","), String(requests / processes)];
  const results = await runStormClients(processes, args, limiter);
  const sum = (read: (result: Omit<StormResult, "messages">) => number) =>
    results.reduce((total, result) => total + read(result), 0);
  return {
    messages: ids.reduce((total, id) => total + discord.world.messages(id).length, 0),
    rateLimited: sum(({ rateLimited }) => rateLimited),
    failures: sum(({ failures }) => failures),
    claims: sum(({ claims }) => claims),
  };
}
