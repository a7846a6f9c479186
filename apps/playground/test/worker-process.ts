import { openBotConfig, startBot, type Bot, type BotConfigInput } from "@antiphon/bot";
import { createLogger } from "@antiphon/patterns/logging";
import type { GuildId } from "@antiphon/protocol/discord";

/** What a worker process is started with. */
export interface WorkerSettings {
  readonly config: Partial<BotConfigInput>;
  readonly voiceCertificate: string;
}

/** What a worker process is asked, besides its start. */
export type WorkerQuestion =
  /** Sets what the bot has no command for. */
  | { readonly type: "tune"; readonly id: number; readonly guildId: GuildId; readonly volumePercent: number }
  | { readonly type: "state"; readonly id: number; readonly guildId: GuildId };

/** A player as its worker sees it. */
export interface WorkerPlayer {
  readonly title: string | undefined;
  readonly requesterId: string | null | undefined;
  readonly positionMs: number;
  readonly paused: boolean;
  readonly volumePercent: number;
  readonly loop: string;
  readonly filters: readonly string[];
  readonly upcoming: readonly string[];
}

/** What a worker process says. */
export type WorkerAnswer =
  | { readonly type: "ready" }
  | { readonly type: "answer"; readonly id: number; readonly player: WorkerPlayer | null };

const say = (answer: WorkerAnswer) => void process.send?.(answer);

function playerOf(bot: Bot, guildId: GuildId): WorkerPlayer | null {
  const player = bot.lavalink.players.get(guildId);
  if (player === undefined) return null;
  const { current, positionMs, paused, volumePercent, queue, filters } = player;
  return {
    title: current?.info.title,
    requesterId: current?.requesterId,
    positionMs,
    paused,
    volumePercent,
    loop: queue.loop,
    filters: [...filters.layers.keys()],
    upcoming: queue.upcoming().map(({ info }) => info.title),
  };
}

async function tune(bot: Bot, guildId: GuildId, volumePercent: number): Promise<void> {
  const player = bot.lavalink.players.get(guildId);
  if (player === undefined) throw new Error(`there is no player of ${guildId}`);
  player.queue.loop = "track";
  await player.filters.set("calm", { timescale: { speed: 0.95 } });
  await player.setVolume(volumePercent);
}

async function run({ config: overrides, voiceCertificate }: WorkerSettings): Promise<void> {
  using config = await openBotConfig({ environment: {}, overrides });
  const logger = createLogger({ level: "warn", format: "pretty" });
  const bot = await startBot({ config: config.value, voiceCertificate, logger });
  const answer = async (question: WorkerQuestion): Promise<void> => {
    const { id, guildId } = question;
    if (question.type === "tune") await tune(bot, guildId, question.volumePercent);
    say({ type: "answer", id, player: playerOf(bot, guildId) });
  };
  process.on("message", (question: WorkerQuestion) => void answer(question));
  // As the bot's own program does.
  bot.context.closeOnSignals({ onClosed: () => process.disconnect() });
  say({ type: "ready" });
}

process.once("message", (settings: WorkerSettings) => void run(settings));
