import type { VoiceCredentials } from "../src/index.ts";

/** A client that sends to one room. */
export interface Sender {
  /** Whether the group of the call stands. */
  readonly isEncrypted: boolean;
  /** Plays frames until `close`. */
  play(nextFrame: () => Uint8Array): void;
  close(): Promise<void>;
}

/** A library's way to join a room; resolves when it says that audio may flow. */
export type Join = (credentials: VoiceCredentials) => Promise<Sender>;
