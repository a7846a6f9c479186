import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { withSignal, type Logger } from "@antiphon/std";
import {
  connectVoice,
  createVoiceWorkers,
  VoiceError,
  type VoiceCloseReason,
  type VoiceConnection,
  type VoiceTlsOptions,
} from "@antiphon/voice";
import {
  VoiceClosedError,
  type ConnectVoiceLink,
  type VoiceClosure,
  type VoiceCredentials,
  type VoiceLink,
} from "./voice-link.ts";

/** Options of {@link createVoiceLinker}. */
export interface VoiceLinkerOptions {
  readonly tls: VoiceTlsOptions | undefined;
  readonly logger: Logger;
  /** How long joining may take, in milliseconds. */
  readonly joinTimeoutMs: number;
}

/** What a client of Lavalink sees when a socket ended without a close code. */
const ABNORMAL_CLOSURE = 1006;

function closureOf({ closeCode, message }: VoiceCloseReason): VoiceClosure {
  return { code: closeCode ?? ABNORMAL_CLOSURE, reason: message, byRemote: closeCode !== null };
}

/** The credentials with the ids marked as what they are; the request was checked before. */
function toVoiceCredentials(credentials: VoiceCredentials) {
  const { guildId, channelId, userId, ...rest } = credentials;
  return { ...rest, guildId: guildId as GuildId, channelId: channelId as ChannelId, userId: userId as UserId };
}

/** Waits until the connection stands again after new credentials. */
async function untilReady(connection: VoiceConnection, signal: AbortSignal): Promise<void> {
  const ready = new Promise<void>((resolve) => {
    connection.on("stateChange", ({ to }) => to.name === "connected" && resolve(), { signal });
  });
  const lost = connection.closed.then((reason) => {
    throw new VoiceClosedError(closureOf(reason), undefined);
  });
  await withSignal(Promise.race([ready, lost]), signal);
}

function createLink(connection: VoiceConnection, joinTimeoutMs: number): VoiceLink {
  let closing = false;
  return {
    get pingMs() {
      return Math.round(connection.getStats().gatewayLatencyMs ?? -1);
    },
    get frames() {
      const { packetsSent, underruns, skippedTicks } = connection.getStats();
      return { sent: packetsSent, missed: underruns + skippedTicks };
    },
    play: (source, options) => connection.play(source, options),
    async update(credentials, { signal }) {
      const ready = untilReady(connection, AbortSignal.any([signal, AbortSignal.timeout(joinTimeoutMs)]));
      connection.updateCredentials(toVoiceCredentials(credentials));
      await ready;
    },
    onClosed(listener) {
      // A node has no main gateway to ask for another session: the client does that when it hears of the closure.
      connection.on("sessionLost", ({ closeCode }) => {
        if (closing) return;
        closing = true;
        listener({
          code: closeCode ?? ABNORMAL_CLOSURE,
          reason: "The voice session is no longer valid.",
          byRemote: closeCode !== null,
        });
        void connection.close();
      });
      connection.on("closed", ({ reason }) => {
        if (closing) return;
        closing = true;
        listener(closureOf(reason));
      });
    },
    close() {
      closing = true;
      return connection.close();
    },
  };
}

/** Joins voice channels through `@antiphon/voice`; all connections share one voice thread. */
export function createVoiceLinker({ tls, logger, joinTimeoutMs }: VoiceLinkerOptions): ConnectVoiceLink {
  const workers = createVoiceWorkers({ logger });
  return async (credentials, { signal }) => {
    try {
      const connection = await connectVoice({
        credentials: toVoiceCredentials(credentials),
        workers,
        tls,
        logger,
        signal: AbortSignal.any([signal, AbortSignal.timeout(joinTimeoutMs)]),
      });
      return createLink(connection, joinTimeoutMs);
    } catch (error) {
      const closeCode = error instanceof VoiceError ? error.details["closeCode"] : undefined;
      if (typeof closeCode !== "number") throw error;
      throw new VoiceClosedError({ code: closeCode, reason: (error as VoiceError).message, byRemote: true }, error);
    }
  };
}
