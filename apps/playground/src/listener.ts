import type { ChannelId, GuildId, VoiceSignaling } from "@antiphon/protocol/discord";
import { createEmitter, describeError, silentLogger, type EventSource, type Logger } from "@antiphon/std";
import { createVoiceManager, type VoiceConnection } from "@antiphon/voice";
import { createOpusDecoder, type OpusDecoder } from "@antiphon/voice/source";

/** What a listener hears: 20 ms of one person, interleaved s16le, 48,000 Hz, 2 channels. */
export interface HeardFrame {
  readonly type: "frame";
  readonly userId: string;
  readonly pcm: Uint8Array;
}

/** A person's ears in a voice channel: a real member of its encrypted call. */
export interface Listener extends EventSource<HeardFrame>, AsyncDisposable {
  /** Joins a channel, or moves there. */
  join(channelId: ChannelId): Promise<void>;
  leave(): Promise<void>;
  /** The present connection; undefined outside of voice. */
  readonly connection: VoiceConnection | undefined;
  close(): Promise<void>;
}

/** Options of {@link createListener}. */
export interface ListenerOptions {
  readonly guildId: GuildId;
  readonly signaling: VoiceSignaling;
  /** The certificate authority of the voice server, in PEM. */
  readonly certificate: string;
  readonly logger?: Logger;
}

/** Builds a {@link Listener} that is not in voice yet. */
export function createListener({ guildId, signaling, certificate, logger = silentLogger }: ListenerOptions): Listener {
  const manager = createVoiceManager({ signaling, tls: { ca: certificate } });
  const emitter = createEmitter<HeardFrame>();
  let connection: VoiceConnection | undefined;

  const hear = async (heard: VoiceConnection): Promise<void> => {
    const decoders = new Map<string, OpusDecoder>();
    try {
      for await (const { userId, opus } of heard.receive()) {
        const decoder = decoders.get(userId) ?? createOpusDecoder();
        decoders.set(userId, decoder);
        emitter.emit({ type: "frame", userId, pcm: decoder.decode(opus) });
      }
    } finally {
      for (const decoder of decoders.values()) decoder.delete();
    }
  };

  const listener: Listener = {
    on: emitter.on,
    events: emitter.events,
    get connection() {
      return connection;
    },
    async join(channelId) {
      const joined = await manager.join({ guildId, channelId, selfMute: true });
      if (joined === connection) return;
      connection = joined;
      hear(joined).catch((error: unknown) => logger.error("listening failed", { error: describeError(error) }));
      void joined.closed.then(() => {
        if (connection === joined) connection = undefined;
      });
    },
    async leave() {
      await manager.leave(guildId);
      connection = undefined;
    },
    async close() {
      await manager.close();
      emitter.close();
    },
    [Symbol.asyncDispose]: () => listener.close(),
  };
  return listener;
}
