import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { GuildId } from "@antiphon/protocol/discord";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { connectFleetBus, type FleetConfig } from "./discord-child.ts";

/** What a process of the fleet says. */
interface ChildLine {
  readonly ready?: true;
  readonly shard?: number;
  readonly resharded?: number;
  readonly guild?: string;
  readonly content?: string;
  readonly interaction?: string;
  readonly answered?: string;
  readonly problem?: string;
}

/** One process of the fleet. */
export interface FleetProcess {
  readonly ready: Promise<void>;
  /** Lets a gateway change the number of shards; rejects when it fails, or the process ends before. */
  reshard(shardCount: number): Promise<void>;
  /** Ends it as SIGKILL does. */
  kill(): Promise<void>;
}

/** A guild of the fleet's bot, and somebody who talks there. */
export interface FleetGuild {
  readonly id: GuildId;
  /** How many messages were said. */
  readonly said: number;
  /** The numbers of the messages that workers handled, in the order in which they did. */
  readonly heard: readonly number[];
  /** When the last message was handled that had not been before, by the monotonic clock. */
  readonly lastNewAtMs: number;
  /** Says the next number. */
  say(): void;
  /** Uses /ping. */
  ping(): void;
}

/** A bot over several processes in a simulated Discord. */
export interface Fleet extends AsyncDisposable {
  readonly discord: DiscordSimulator;
  readonly applicationId: string;
  readonly guilds: readonly FleetGuild[];
  /** How often each interaction was given to a handler, and how often one was answered. */
  readonly handled: ReadonlyMap<string, number>;
  readonly answered: ReadonlyMap<string, number>;
  /** What handlers complained of. */
  readonly problems: readonly string[];
  start(role: "gateway" | "worker"): FleetProcess;
}

const programs = {
  gateway: fileURLToPath(new URL("discord-gateway-child.ts", import.meta.url)),
  worker: fileURLToPath(new URL("discord-worker-child.ts", import.meta.url)),
};

const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);

/** A guild that counts. */
function createGuild(
  discord: DiscordSimulator,
  bot: { readonly applicationId: string; readonly botUserId: string },
  index: number,
) {
  const { world } = discord;
  const user = world.addUser({ username: `user${index}` });
  const guild = world.addGuild({ name: `Guild ${index}`, ownerId: user.id });
  world.addMember(guild.id, bot.botUserId);
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  const heard: number[] = [];
  const known = new Set<number>();
  const state = {
    id: guild.id,
    said: 0,
    heard,
    lastNewAtMs: 0,
    say: () => void world.sendMessage({ channelId: channel.id, authorId: user.id, content: String(state.said++) }),
    ping() {
      const use = { guildId: guild.id, channelId: channel.id, userId: user.id, name: "ping" };
      // One that dies with its worker stays unanswered, which is what the test counts.
      void world.invokeCommand({ ...use, applicationId: bot.applicationId }).catch(() => {});
    },
    hear(number: number) {
      heard.push(number);
      if (known.has(number)) return;
      known.add(number);
      state.lastNewAtMs = performance.now();
    },
  };
  return state;
}

/** Starts the world of a fleet; its processes are started one by one. */
export async function startFleet(
  bus: Pick<FleetConfig, "servers" | "replicas" | "leaseMs">,
  guildCount: number,
): Promise<Fleet> {
  await using setup = await connectFleetBus(bus);
  await using starting = new AsyncDisposableStack();
  const discord = starting.use(
    await startDiscordSimulator({ identify: { windowMs: 0 }, shards: 2, replayLimit: 20_000 }),
  );
  const bot = discord.world.addApplication({ name: "Bot" });
  const response = await fetch(`${discord.apiUrl}/v10/applications/${bot.applicationId}/commands`, {
    method: "POST",
    headers: { authorization: `Bot ${bot.token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "ping", description: "Answers.", type: 1 }),
  });
  if (!response.ok) throw new Error(`The command was refused: ${await response.text()}`);
  const guilds = Array.from({ length: guildCount }, (_, index) => createGuild(discord, bot, index));
  const config: FleetConfig = {
    ...bus,
    laneCount: 12,
    apiUrl: discord.apiUrl,
    token: bot.token,
    applicationId: bot.applicationId,
  };
  // The tables are there before the processes come: a cluster that has just started takes long for each.
  for (const what of ["shards", "lanes", "players", "limits"])
    await setup.openKeyValue(`discord_${bot.applicationId}_${what}`, { create: true, replicas: bus.replicas });
  const handled = new Map<string, number>();
  const answered = new Map<string, number>();
  const problems: string[] = [];
  const children = new Set<ChildProcess>();

  const onLine = (line: ChildLine) => {
    const { guild, content, interaction, answered: done, problem } = line;
    // The bot's own answers are messages too.
    if (guild !== undefined && /^\d+$/.test(content ?? ""))
      guilds.find(({ id }) => id === guild)?.hear(Number(content));
    if (interaction !== undefined) count(handled, interaction);
    if (done !== undefined) count(answered, done);
    if (problem !== undefined) problems.push(problem);
  };
  const stop = async (child: ChildProcess) => {
    children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };

  starting.move();
  return {
    discord,
    applicationId: bot.applicationId,
    guilds,
    handled,
    answered,
    problems,
    start(role) {
      const script = programs[role];
      const child = spawn(process.execPath, ["--conditions=@antiphon/source", script, JSON.stringify(config)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      children.add(child);
      const ready = Promise.withResolvers<void>();
      const resharded = Promise.withResolvers<void>();
      createInterface({ input: child.stdout }).on("line", (text) => {
        const line = JSON.parse(text) as ChildLine;
        if (line.ready === true) ready.resolve();
        if (line.resharded !== undefined) resharded.resolve();
        if (line.problem !== undefined) resharded.reject(new Error(line.problem));
        onLine(line);
      });
      child.once("exit", () => {
        ready.reject(new Error(`A ${role} ended before it was ready.`));
        resharded.reject(new Error(`A ${role} ended.`));
      });
      for (const { promise } of [ready, resharded]) promise.catch(() => {});
      return {
        ready: ready.promise,
        reshard(shardCount) {
          child.stdin.write(`${shardCount}\n`);
          return resharded.promise;
        },
        kill: () => stop(child),
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...children].map(stop));
      await discord.close();
    },
  };
}
