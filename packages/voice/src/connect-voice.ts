import type { Logger } from "@antiphon/std";
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
  /** Told what sockets and encryption survive. Defaults to silence. */
  readonly logger?: Logger | undefined;
  /** Ends the attempt and closes what was opened. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to a voice channel with credentials from elsewhere, for servers that have no main gateway of their own; resolves when audio may
 * flow. Listen for `sessionLost` and answer with `updateCredentials`.
 *
 * @throws VoiceError with the code of the reason why the connection failed
 */
export async function connectVoice(options: ConnectVoiceOptions): Promise<VoiceConnection> {
  const { credentials, tls, logger, signal } = options;
  signal?.throwIfAborted();
  const workers = options.workers ?? createVoiceWorkers({ logger });
  const connection = openVoiceConnection({ credentials, workers, ca: tls?.ca, logger });
  await untilConnected(connection, signal);
  return connection;
}
