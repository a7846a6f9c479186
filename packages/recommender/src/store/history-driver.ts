import type { Kysely, Transaction } from "kysely";
import type { HistorySchema } from "./history-schema.ts";
import type { Track } from "./play.ts";

/** A track that is to be kept, and its album when that is known. */
export interface AlbumTrack {
  readonly track: Track;
  readonly album?: string | undefined;
}

/** What differs between databases; every query that does not is written once, over `database`. */
export interface HistoryDriver {
  readonly database: Kysely<HistorySchema>;
  /** Where the history is, for messages; never with a password. */
  readonly place: string;
  /** The row ids of tracks, in their order; a track is made when it is missing, and what is there stays. */
  trackIds(transaction: Transaction<HistorySchema>, tracks: readonly AlbumTrack[]): Promise<readonly number[]>;
  /** Adds a listener's scrobbles as far as they are new; returns how many were. */
  insertScrobbles(
    transaction: Transaction<HistorySchema>,
    listenerId: number,
    startedAtMs: readonly number[],
    trackIds: readonly number[],
  ): Promise<number>;
  /** Keeps others from adding anything that names a track until the transaction ends, where several may write at once. */
  lockTracks?(transaction: Transaction<HistorySchema>): Promise<void>;
  /** Hears when a transaction has begun, for drivers that remember what they have read. */
  beforeTransaction?(): void;
  /** Hears that what a driver remembers may be wrong: after a rollback, and when tracks were removed. */
  forgetRemembered?(): void;
  /** Whether a failure says that there is no room left. */
  isFull(error: unknown): boolean;
  close(): Promise<void>;
}
