import type { EventSource } from "@antiphon/std";
import type { FrameSource, PlaybackEvent } from "@antiphon/voice";

/** What a voice server wants to know. */
export interface VoiceCredentials {
  readonly guildId: string;
  readonly channelId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string;
  readonly endpoint: string;
}

/** How a voice connection ended by itself. */
export interface VoiceClosure {
  /** The WebSocket's close code, or 1006 where there was none. */
  readonly code: number;
  readonly reason: string;
  readonly byRemote: boolean;
}

/** A source being played, as far as a player cares. */
export interface LinkPlayback extends Pick<EventSource<PlaybackEvent>, "on"> {
  /** How much was sent, in milliseconds. */
  readonly positionMs: number;
  pause(): void;
  resume(): void;
  stop(): void;
}

/** What was sent in total, and what was missing when it was due; counts of 20 ms frames. */
export interface LinkFrameCounts {
  readonly sent: number;
  readonly missed: number;
}

/** A player's connection to a voice channel. */
export interface VoiceLink {
  /** The round trip to the voice server in milliseconds; -1 before the first. */
  readonly pingMs: number;
  readonly frames: LinkFrameCounts;
  /** Replaces what was playing. */
  play(source: FrameSource, options: { readonly paused: boolean }): LinkPlayback;
  /** Moves to where other credentials lead; what plays goes on. */
  update(credentials: VoiceCredentials, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Calls the listener once when the connection is lost for good, unless `close` was called. */
  onClosed(listener: (closure: VoiceClosure) => void): void;
  /** Leaves; idempotent. */
  close(): Promise<void>;
}

/** Joins a voice channel; rejects with a {@link VoiceClosedError} where the server refused. */
export type ConnectVoiceLink = (
  credentials: VoiceCredentials,
  options: { readonly signal: AbortSignal },
) => Promise<VoiceLink>;

/** The voice server closed the connection before it was ready. */
export class VoiceClosedError extends Error {
  readonly closure: VoiceClosure;

  constructor(closure: VoiceClosure, cause: unknown) {
    super(closure.reason, { cause });
    this.name = "VoiceClosedError";
    this.closure = closure;
  }
}
