import { silentLogger } from "@antiphon/std";
import type { AudioNode, AudioNodeOptions } from "./audio-node.ts";
import { createVoiceLinker } from "./connect-voice-link.ts";
import { startNodeServer } from "./node-server.ts";

/**
 * Starts a node that speaks Lavalink v4 over HTTP and WebSocket.
 *
 * @throws AudioNodeError AUDIO_NODE_INVALID_OPTIONS, AUDIO_NODE_PORT_IN_USE, AUDIO_NODE_LISTEN_FAILED
 * @see Lavalink docs, "API"
 */
export async function startAudioNode(options: AudioNodeOptions): Promise<AudioNode> {
  const { voice, logger = silentLogger, joinTimeoutMs = 15_000 } = options;
  return startNodeServer(options, createVoiceLinker({ tls: voice?.tls, logger, joinTimeoutMs }));
}
