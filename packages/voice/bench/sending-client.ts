import type { VoiceCredentials } from "../src/index.ts";
import { createAntiphonSenders } from "./antiphon-sender.ts";
import { createDiscordJsSenders } from "./discordjs-sender.ts";
import type { Join, Sender } from "./sender.ts";

/** What the process is to do, as JSON in its first argument. */
export interface SendingTask {
  readonly library: "antiphon" | "discordjs";
  readonly credentials: readonly VoiceCredentials[];
  readonly ca: string;
  /** `stream` plays into all rooms at once for a while; `join` joins and leaves one after the other. */
  readonly mode: "stream" | "join";
  /** How long the window is in which arrivals count, in milliseconds. */
  readonly windowMs: number;
  /** How long the main thread is blocked in each second, in milliseconds. */
  readonly blockMs: number;
}

/** What it prints, as JSON. */
export interface SendingResult {
  /** The window, on the machine's monotonic clock. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** CPU time of all threads in the window, in milliseconds. */
  readonly cpuMs: number;
  /** When each join began. */
  readonly joinedFromMs: readonly number[];
}

const task = JSON.parse(process.argv[2] ?? "") as SendingTask;
/** A usual size: 64 kbit/s. */
const FRAME_BYTES = 160;
/** What is heard before the window begins, so that all streams run and what is hot is compiled. */
const LEAD_MS = 2_000;
/** How long a join plays before it leaves again. */
const JOIN_PLAY_MS = 250;

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const sleep = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

function createFrames(): () => Uint8Array {
  const frame = new Uint8Array(FRAME_BYTES).fill(0x55);
  frame[0] = 0xfc;
  let count = 0;
  return () => {
    frame[1] = count++;
    return Uint8Array.from(frame);
  };
}

/** Blocks the main thread at the start of each second, as JSON, templates or a database driver do. */
function blockEachSecond(): Disposable {
  const timer = setInterval(() => {
    const endMs = nowMs() + task.blockMs;
    while (nowMs() < endMs);
  }, 1_000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function stream(join: Join): Promise<Omit<SendingResult, "joinedFromMs">> {
  const senders: Sender[] = [];
  for (const credentials of task.credentials) senders.push(await join(credentials));
  while (!senders.every(({ isEncrypted }) => isEncrypted)) await sleep(20);
  for (const sender of senders) sender.play(createFrames());
  using _blocking = blockEachSecond();
  await sleep(LEAD_MS);
  const fromMs = nowMs();
  const before = process.cpuUsage();
  await sleep(task.windowMs);
  const { user, system } = process.cpuUsage(before);
  const untilMs = nowMs();
  await Promise.all(senders.map((sender) => sender.close()));
  return { fromMs, untilMs, cpuMs: (user + system) / 1_000 };
}

async function joinEach(join: Join): Promise<number[]> {
  const joinedFromMs: number[] = [];
  for (const credentials of task.credentials) {
    joinedFromMs.push(nowMs());
    const sender = await join(credentials);
    sender.play(createFrames());
    await sleep(JOIN_PLAY_MS);
    await sender.close();
  }
  return joinedFromMs;
}

async function main(): Promise<SendingResult> {
  const createSenders = task.library === "antiphon" ? createAntiphonSenders : createDiscordJsSenders;
  const join = createSenders(task.ca, task.credentials);
  if (task.mode === "stream") return { ...(await stream(join)), joinedFromMs: [] };
  return { fromMs: 0, untilMs: 0, cpuMs: 0, joinedFromMs: await joinEach(join) };
}

console.log(JSON.stringify(await main()));
// What a library leaves open is not what is measured.
process.exit();
