import { startVoiceSimulator } from "@antiphon/sim/voice";
import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { createSeededRandom } from "@antiphon/std";
import { connectVoice, createVoiceWorkers, type ReceivedOpusFrame } from "../src/index.ts";

/** What became of the packets that arrived over a bad line. */
export interface BadLineResult {
  /** Packets that arrived and were not handed on, or not in order. */
  readonly lostOrDisordered: number;
  /** Whether the very first frame was heard, or lost on the line. */
  readonly keptFirst: boolean;
}

const GUILD = "100000000000000001" as GuildId;
const CHANNEL = "200000000000000001" as ChannelId;
const SPEAKER = "300000000000000001" as UserId;
const LISTENER = "300000000000000002" as UserId;

/** Numbers a frame, so that its place shows. */
function frameOf(index: number): Uint8Array {
  return Uint8Array.of(0xfc, index >> 8, index & 255, ...new Uint8Array(60).fill(1));
}

async function collect(stream: AsyncIterable<ReceivedOpusFrame>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { opus } of stream) if (opus.length > 3) numbers.push(((opus[1] ?? 0) << 8) | (opus[2] ?? 0));
  return numbers;
}

/** Plays frames in an encrypted room of two whose line to the listener loses 2 % and disorders 5 %. */
export async function runBadLine(frames: number, seed: number): Promise<BadLineResult> {
  await using simulator = await startVoiceSimulator({ random: createSeededRandom(seed) });
  const workers = createVoiceWorkers();
  const connect = (userId: UserId) => {
    const session = { guildId: GUILD, channelId: CHANNEL, userId, sessionId: userId };
    const credentials = { ...session, token: simulator.allocate(session).token, endpoint: simulator.endpoint };
    return connectVoice({ credentials, workers, tls: { ca: simulator.certificatePem } });
  };
  await using speaker = await connect(SPEAKER);
  await using listener = await connect(LISTENER);
  while (speaker.getStats().privacyCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  const heard = collect(listener.receive(SPEAKER, { endAfterSilenceMs: 2_000, limit: frames }));
  simulator.setFaults({ lossRatio: 0.02, reorderRatio: 0.05 });
  let next = 0;
  const source = {
    frameMs: 20,
    next: () => Promise.resolve(next < frames ? frameOf(next++) : null),
    close() {},
  } as const;
  await speaker.play(source).ended;
  const numbers = await heard;
  const disordered = numbers.filter((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0)).length;
  const lostOnTheLine = simulator.getStats().faults.lost;
  // Up to five of the lost ones were the silence at the end, which is not counted here.
  const missing = frames - numbers.length;
  return {
    lostOrDisordered: Math.max(0, missing - lostOnTheLine) + disordered,
    keptFirst: numbers[0] === 0 || lostOnTheLine > 0,
  };
}
