import { startVoiceSimulator } from "@antiphon/sim/voice";
import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { connectVoice, createVoiceWorkers, type VoiceConnection, type VoiceCredentials } from "../src/index.ts";
import { arrivalFigures, type ArrivalFigures } from "./arrival-figures.ts";

/** What the process is asked over its channel. */
export type ArrivalQuestion =
  /** Credentials for a member of each of so many rooms, in which somebody else is already. */
  | { readonly kind: "admit"; readonly rooms: number }
  /** What arrived between two moments; forgets all arrivals. */
  | { readonly kind: "figures"; readonly fromMs: number; readonly untilMs: number }
  /** When the first end-to-end encrypted packet of each room came; forgets all arrivals. */
  | { readonly kind: "first" };

/** What it answers. */
export type ArrivalAnswer =
  | { readonly kind: "admit"; readonly credentials: readonly VoiceCredentials[]; readonly ca: string }
  | { readonly kind: "figures"; readonly figures: ArrivalFigures }
  | { readonly kind: "first"; readonly firstMs: readonly (number | null)[] };

// Snowflakes of the two who meet in each room, and of the first guild and channel; rooms count up from those.
const SENDER = "1000000000000000" as UserId;
const PEER = "1000000000000001" as UserId;
const GUILDS = 2_000_000_000_000_000n;
const CHANNELS = 3_000_000_000_000_000n;

const simulator = await startVoiceSimulator();
const workers = createVoiceWorkers();
const peers: VoiceConnection[] = [];
/** By guild. */
const arrivals = new Map<string, number[]>();
let sessions = 0;

/** The monotonic clock that all processes of a machine share. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

simulator.on("packet", ({ guildId, userId, endToEndEncrypted }) => {
  if (userId !== SENDER || !endToEndEncrypted) return;
  const times = arrivals.get(guildId);
  if (times === undefined) arrivals.set(guildId, [nowMs()]);
  else times.push(nowMs());
});

function allocate(room: number, userId: UserId): VoiceCredentials {
  const index = BigInt(room);
  const session = {
    guildId: String(GUILDS + index) as GuildId,
    channelId: String(CHANNELS + index) as ChannelId,
    userId,
    sessionId: `session-${++sessions}`,
  };
  return { ...session, token: simulator.allocate(session).token, endpoint: simulator.endpoint };
}

async function answer(question: ArrivalQuestion): Promise<ArrivalAnswer> {
  switch (question.kind) {
    case "admit": {
      const tls = { ca: simulator.certificatePem };
      while (peers.length < question.rooms) {
        peers.push(await connectVoice({ credentials: allocate(peers.length, PEER), workers, tls }));
      }
      const credentials = Array.from({ length: question.rooms }, (_, room) => allocate(room, SENDER));
      return { kind: "admit", credentials, ca: simulator.certificatePem };
    }
    case "figures": {
      const { fromMs, untilMs } = question;
      const streams = Array.from(arrivals.values(), (times) => times.filter((at) => at >= fromMs && at <= untilMs));
      arrivals.clear();
      return { kind: "figures", figures: arrivalFigures(streams) };
    }
    case "first": {
      const firstMs = peers.map((_, room) => arrivals.get(String(GUILDS + BigInt(room)))?.[0] ?? null);
      arrivals.clear();
      return { kind: "first", firstMs };
    }
  }
}

process.on("message", (question: ArrivalQuestion) => {
  void answer(question).then((result) => process.send?.(result));
});
// The parent is gone or wants us gone.
process.on("disconnect", () => process.exit());
