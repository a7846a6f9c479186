/** A message as a subscriber sees it. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** The id it was published with; empty for requests, and for what was sent without one. */
  readonly id: string;
  /** 1 at the first delivery, more when an earlier one failed. */
  readonly attempt: number;
  /** Its number in the stream, growing; 0 for what the bus does not keep. */
  readonly sequence: number;
  /** When the bus took it, in milliseconds since the Unix epoch; 0 for what it does not keep. */
  readonly publishedAtMs: number;
}

/** A running subscription. */
export interface BusSubscription extends AsyncDisposable {
  /** Lets the messages in progress finish and gives those that wait back to the bus; idempotent. */
  close(): Promise<void>;
}
