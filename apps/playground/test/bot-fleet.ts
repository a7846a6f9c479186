import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBotConfig, startGatewayRole, type BotConfigInput } from "@antiphon/bot";
import type { GuildId } from "@antiphon/protocol/discord";
import { startNats } from "@antiphon/services";
import { startDiscordSimulator, type DiscordSimulator, type InvocationResult } from "@antiphon/sim/discord";
import { startVoiceSimulator, type VoiceSimulator } from "@antiphon/sim/voice";
import type { APIMessage } from "discord-api-types/v10";
import { createListener } from "../src/listener.ts";
import { finalAnswer } from "../src/tour/final-answer.ts";
import { demoFolder, demoTracks } from "./demo-tracks.ts";
import type { WorkerAnswer, WorkerPlayer, WorkerQuestion, WorkerSettings } from "./worker-process.ts";

/** One worker, in a process of its own. */
export interface FleetWorker {
  /** A guild's player there; null without one. */
  player(guildId: GuildId): Promise<WorkerPlayer | null>;
  /** Loops the track, and sets a filter and the volume. */
  tune(guildId: GuildId, volumePercent: number): Promise<void>;
  /** Ends it as SIGTERM does, or SIGKILL. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** A guild with somebody in its voice channel. */
export interface FleetGuild {
  readonly guildId: GuildId;
  readonly ownerId: string;
  readonly textChannelId: string;
  readonly voiceChannelId: string;
  /** Uses a command, which does no harm when it is used twice, and gives the bot's final answer. */
  ask(name: string, options?: Readonly<Record<string, string>>): Promise<APIMessage>;
  /** Presses a button under a message, which does no harm when it is pressed twice, until it is answered. */
  press(messageId: string, customId: string): Promise<void>;
}

/** The bot over several processes: the gateway in this one, workers in their own. */
export interface BotFleet extends AsyncDisposable {
  readonly discord: DiscordSimulator;
  readonly voice: VoiceSimulator;
  readonly botUserId: string;
  /** Makes a guild whose owner listens in its voice channel. */
  addGuild(name: string): Promise<FleetGuild>;
  startWorker(): Promise<FleetWorker>;
}

/** On a busy machine an answer may come after Discord's three seconds; people try again then. */
async function untilAnswered(use: () => Promise<InvocationResult>): Promise<InvocationResult> {
  for (let attempt = 1; ; attempt++) {
    const result = await use();
    if (result.outcome !== "unanswered" || attempt === 20) return result;
  }
}

const program = fileURLToPath(new URL("worker-process.ts", import.meta.url));

function createWorker(child: ChildProcess): FleetWorker {
  let questions = 0;
  const ask = async (
    question:
      | Omit<Extract<WorkerQuestion, { type: "tune" }>, "id">
      | Omit<Extract<WorkerQuestion, { type: "state" }>, "id">,
  ) => {
    const id = ++questions;
    const { promise, resolve, reject } = Promise.withResolvers<WorkerPlayer | null>();
    const onMessage = (answer: WorkerAnswer) => {
      if (answer.type === "answer" && answer.id === id) resolve(answer.player);
    };
    const onExit = () => reject(new Error("the worker has ended"));
    child.on("message", onMessage);
    child.once("exit", onExit);
    child.send({ ...question, id });
    try {
      return await promise;
    } finally {
      child.off("message", onMessage);
      child.off("exit", onExit);
    }
  };
  return {
    player: (guildId) => ask({ type: "state", guildId }),
    async tune(guildId, volumePercent) {
      await ask({ type: "tune", guildId, volumePercent });
    },
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    },
  };
}

/** Starts Discord, NATS and the bot's gateway. */
export async function startBotFleet(): Promise<BotFleet> {
  await demoTracks();
  await using starting = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "antiphon-fleet-"));
  starting.defer(() => rmSync(folder, { recursive: true, force: true }));
  const nats = starting.use(await startNats({ jetstream: true }));
  const voice = starting.use(await startVoiceSimulator());
  const discord = starting.use(await startDiscordSimulator({ voice }));
  const { world } = discord;
  const { applicationId, botUserId, token } = world.addApplication({ name: "Bot" });
  const configOf = (role: "gateway" | "worker", name: string): Partial<BotConfigInput> => ({
    role,
    discord: { token, api: discord.apiUrl },
    audio: { musicDirectory: demoFolder },
    bus: { transport: "nats", servers: nats.url },
    dataDirectory: join(folder, name),
  });
  const gatewayConfig = starting.use(
    await openBotConfig({ environment: {}, overrides: configOf("gateway", "gateway") }),
  );
  starting.use(await startGatewayRole({ config: gatewayConfig.value }));
  const workers: FleetWorker[] = [];
  starting.defer(async () => void (await Promise.all(workers.map((worker) => worker.end("SIGKILL")))));
  const fleet = starting.move();

  return {
    discord,
    voice,
    botUserId,
    async addGuild(name) {
      const owner = world.addUser({ username: `owner-${name}` });
      const guild = world.addGuild({ name, ownerId: owner.id });
      const text = world.addChannel(guild.id, { name: "text", type: "text" });
      const room = world.addChannel(guild.id, { name: "room", type: "voice" });
      world.addMember(guild.id, botUserId);
      const listener = createListener({
        guildId: guild.id,
        signaling: world.signalingFor(owner.id),
        certificate: voice.certificatePem,
      });
      fleet.use(listener);
      await listener.join(room.id);
      const place = { guildId: guild.id, channelId: text.id, userId: owner.id, applicationId };
      return {
        guildId: guild.id,
        ownerId: owner.id,
        textChannelId: text.id,
        voiceChannelId: room.id,
        async ask(command, options = {}) {
          const result = await untilAnswered(() => world.invokeCommand({ ...place, name: command, options }));
          return await finalAnswer(world, result, { channelId: text.id, botUserId });
        },
        async press(messageId, customId) {
          const button = { channelId: text.id, messageId, customId, userId: owner.id };
          await untilAnswered(() => world.pressButton(button));
        },
      };
    },
    async startWorker() {
      const child = fork(program, { execArgv: ["--conditions=@antiphon/source"] });
      const worker = createWorker(child);
      const settings: WorkerSettings = {
        config: configOf("worker", `worker-${workers.push(worker)}`),
        voiceCertificate: voice.certificatePem,
      };
      const ready = Promise.race([
        once(child, "message"),
        once(child, "exit").then(([code]) => Promise.reject(new Error(`the worker ended with ${code}`))),
      ]);
      child.send(settings);
      await ready;
      return worker;
    },
    [Symbol.asyncDispose]: () => fleet.disposeAsync(),
  };
}
