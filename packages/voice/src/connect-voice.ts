import type { Logger } from "@antiphon/std";
import { VoiceError } from "./error.ts";
import {
  openVoiceConnection,
  untilConnected,
  type VoiceConnection,
  type VoiceCredentials,
} from "./voice-connection.ts";
import { createVoiceWorkers, type VoiceWorkers } from "./voice-workers.ts";

/** How voice servers are trusted. */
export interface VoiceTlsOptions {
  /** Certificates to trust instead of the usual ones, in PEM; for test servers. */
  readonly ca?: string | undefined;
}

/** Options of {@link connectVoice}. */
export interface ConnectVoiceOptions {
  /** What a client elsewhere got from the main gateway. */
  readonly credentials: VoiceCredentials;
  /** Threads to share with other connections. Defaults to one of its own. */
  readonly workers?: VoiceWorkers | undefined;
  /** How the voice server is trusted. */
  readonly tls?: VoiceTlsOptions | undefined;
  /**
   * How long a close with 4014 may be followed by a move's credentials before the connection counts as kicked, in milliseconds. Defaults to
   * 5,000; 0 is for servers whose client decides that.
   */
  readonly moveWaitMs?: number | undefined;
  /** Told what sockets and encryption survive. Defaults to silence. */
  readonly logger?: Logger | undefined;
  /** Ends the attempt and closes what was opened. */
  readonly signal?: AbortSignal | undefined;
}

function sessionLostError(closeCode: number | null, problem: string | null): VoiceError {
  const text =
    problem === null
      ? `connectVoice: the voice server does not keep a session with these credentials (close code ${closeCode ?? "none"}). Get others.`
      : `connectVoice: the voice server cannot be reached: ${problem}. Check the credentials' endpoint and the network.`;
  return new VoiceError("VOICE_SESSION_LOST", text, { retryable: true, details: { closeCode, problem } });
}

/**
 * Connects to a voice channel with credentials from elsewhere, for servers that have no main gateway of their own; resolves when audio may
 * flow. Listen for `sessionLost` and answer with `updateCredentials`.
 *
 * @throws VoiceError VOICE_SESSION_LOST when the voice server refuses the credentials or cannot be reached, with its `details.closeCode` and `details.problem`; else with the code of the reason why the connection failed
 */
export async function connectVoice(options: ConnectVoiceOptions): Promise<VoiceConnection> {
  const { credentials, tls, moveWaitMs, logger, signal } = options;
  signal?.throwIfAborted();
  const workers = options.workers ?? createVoiceWorkers({ logger });
  const connection = openVoiceConnection({ credentials, workers, ca: tls?.ca, moveWaitMs, logger });
  // Nobody can answer `sessionLost` before the connection is handed out.
  const lost = new AbortController();
  using _subscription = connection.on("sessionLost", ({ closeCode, problem }) =>
    lost.abort(sessionLostError(closeCode, problem)),
  );
  await untilConnected(connection, signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]));
  return connection;
}
