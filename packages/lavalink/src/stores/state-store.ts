/**
 * Where a client keeps what a later run of the process needs: sessions, players and queues, as short texts under keys. Calls for one
 * key take effect in the order in which they were made.
 */
export interface StateStore extends AsyncDisposable {
  /** Everything that is kept. */
  entries(): Promise<ReadonlyMap<string, string>>;
  /** Keeps a text in place of the one before. */
  set(key: string, value: string): Promise<void>;
  /** Forgets a key; does nothing when it is not there. */
  delete(key: string): Promise<void>;
  /** Waits for what is being written; idempotent. */
  close(): Promise<void>;
}
