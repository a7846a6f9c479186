import type { GuildId } from "./id.ts";

/** One op 0 frame of the main gateway, as Discord sent it. */
export interface Dispatch {
  /** The event's name on the wire: `MESSAGE_CREATE`. */
  readonly type: string;
  /** The payload, unchecked. */
  readonly data: unknown;
  /** The sequence number within the shard's session. */
  readonly sequence: number;
  /** The shard that received it. */
  readonly shardId: number;
}

/** A frame that a client may send: op 3, 4, 8, 31 or 43. */
export interface GatewayCommand {
  readonly op: number;
  readonly d: unknown;
}

/** Options of {@link DispatchSource.subscribe}. */
export interface SubscribeOptions {
  /**
   * Whether the listener wants events of this name now; asked for each event, so it may change. A source that can saves the work of
   * decoding what nobody wants; others may send everything. Defaults to wanting everything.
   */
  readonly wants?: ((type: string) => boolean) | undefined;
  /** Told the name of each event that was left out because the listener did not want it, so that it can be counted all the same. */
  readonly onSkipped?: ((type: string) => void) | undefined;
}

/** Where dispatches come from: a gateway of our own, discord.js, or a bus. Order is kept within a shard. */
export interface DispatchSource {
  /** Opens the connection and resolves when every shard is ready; a source that is already open resolves at once. */
  connect(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Calls `listener` for every dispatch until the returned Disposable is disposed. */
  subscribe(listener: (dispatch: Dispatch) => void, options?: SubscribeOptions): Disposable;
  /** Sends a command on the shard that the guild lives on; for `undefined`, on every shard. */
  send(guildId: GuildId | undefined, command: GatewayCommand): Promise<void>;
  /** Mean round trip of the last heartbeats in milliseconds; undefined before the first. */
  readonly latencyMs: number | undefined;
  /** Ends the connection; idempotent. */
  close(): Promise<void>;
}
