import type { Clock, Logger } from "@antiphon/std";
import type { VoiceTlsOptions } from "@antiphon/voice";
import type { UrlPolicy } from "./address-policy.ts";

/** Options of `startAudioNode`. */
export interface AudioNodeOptions {
  /** What clients send as `Authorization`; at least one character. */
  readonly password: string;
  /** The address to listen on. Defaults to 127.0.0.1. */
  readonly host?: string | undefined;
  /** The port to listen on; 0 takes a free one. Defaults to 2333. */
  readonly port?: number | undefined;
  /** The folder whose files can be played and searched. Without it there is no `local` source. */
  readonly musicDirectory?: string | undefined;
  /** Which addresses can be played. Defaults to `public`, which refuses private networks. */
  readonly allowUrls?: UrlPolicy | undefined;
  /** How voice servers are reached. */
  readonly voice?: { readonly tls?: VoiceTlsOptions | undefined } | undefined;
  /** How often a playing player tells its position, in milliseconds. Defaults to 5,000. */
  readonly playerUpdateIntervalMs?: number | undefined;
  /** How long audio may fail to come before `TrackStuckEvent`, in milliseconds. Defaults to 10,000. */
  readonly stuckThresholdMs?: number | undefined;
  /** How long joining a voice channel may take, in milliseconds. Defaults to 15,000. */
  readonly joinTimeoutMs?: number | undefined;
  /** How many sessions there can be, those that wait to be resumed included. Defaults to 64. */
  readonly maximumSessions?: number | undefined;
  /** How many players a session can have. Defaults to 1,000. */
  readonly maximumPlayersPerSession?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** A running node. */
export interface AudioNode extends AsyncDisposable {
  /** The port it listens on. */
  readonly port: number;
  /** `http://HOST:PORT`. */
  readonly url: string;
  /** Ends all sessions and stops listening; idempotent. */
  close(): Promise<void>;
}
