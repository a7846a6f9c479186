import type { BusMessage } from "./bus-message.ts";

/** Where a subscription begins: with everything that is kept, with what comes, or from a message or a moment on. */
export type StreamStart =
  | "all"
  | "new"
  /** The number of the first message, as {@link BusMessage.sequence} has it. */
  | { readonly sequence: number }
  /** Milliseconds since the Unix epoch. */
  | { readonly atMs: number };

/** Options of `BusTransport.subscribe`. */
export interface SubscribeOptions {
  /**
   * A name under which the bus remembers how far the subscriber got, also over restarts; subscribers of one name share the
   * work. Letters, digits, `-` and `_`. Without it the subscriber sees messages only while it is there, each once.
   */
  readonly durable?: string | undefined;
  /**
   * Where it begins: defaults to `all` for a new durable name and to `new` without a name. A durable name that is known goes on
   * where it was; `forgetDurable` first to replay.
   */
  readonly startAt?: StreamStart | undefined;
  /** Groups messages into lanes: one lane runs in order, lanes run side by side. Defaults to one lane for all. */
  readonly laneOf?: ((message: BusMessage) => string) | undefined;
  /**
   * How many messages the subscribers of this name hold at once, waiting or in work, 1 to 10,000. Defaults to 256 with `laneOf`, else to
   * 1, which keeps the order also among subscribers that share a name.
   */
  readonly maximumInFlight?: number | undefined;
  /** After how long the messages of a subscriber that died go to another. Defaults to 5,000 ms; a living one is given all its time. */
  readonly ackWaitMs?: number | undefined;
  /** The pauses before the second, third, … attempt; the last one repeats. Defaults to 100, 200, 400, 800 ms. */
  readonly backoffMs?: readonly number[] | undefined;
  /** How often a message is tried before it becomes a dead letter. Defaults to {@link MAXIMUM_ATTEMPTS}. */
  readonly maximumAttempts?: number | undefined;
  /** How many handled messages are remembered, so that one that comes again is not handled again. Defaults to 10,000. */
  readonly duplicateMemory?: number | undefined;
  /**
   * Told of each message of this durable name that became a dead letter here, when the bus has it. The bus's `logger` warns of it and
   * `stats.deadLetters` counts it without this, too.
   */
  readonly onDeadLetter?: ((notice: DeadLetterNotice) => void) | undefined;
}

/** Why a message became a dead letter: every attempt failed, or the handler threw `BRIDGE_MESSAGE_REJECTED`. */
export type DeadLetterReason = "attempts" | "rejected";

/** A message that a durable subscriber could not handle. */
export interface DeadLetter {
  /** Its number among the dead letters; grows. */
  readonly letter: number;
  readonly durable: string;
  readonly reason: DeadLetterReason;
  /** The code of the last failure, or its class; never its text, which may hold a secret. */
  readonly failure: string;
  readonly attempts: number;
  /** Milliseconds since the Unix epoch. */
  readonly diedAtMs: number;
  /** Its number in the stream. */
  readonly sequence: number;
  readonly subject: string;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
  /**
   * True when `headers` and `data` are empty because nobody has them any more: beside the reason they were too large for the server, so
   * that the letter points to the message in the stream, and that has left the stream since. Such a letter is not redriven.
   */
  readonly contentGone: boolean;
}

/** What is said of a new dead letter: not its content and its headers, which may hold a secret. */
export type DeadLetterNotice = Omit<DeadLetter, "letter" | "diedAtMs" | "headers" | "data" | "contentGone">;

/** Which dead letters are meant. */
export interface DeadLetterOptions {
  /** The most that are read, the oldest first. Defaults to 1,000. */
  readonly limit?: number | undefined;
  readonly filter?: ((letter: DeadLetter) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far the subscribers of a durable name are. */
export interface DurableState {
  /** Messages that no subscriber got yet. */
  readonly waiting: number;
  /** Messages that a subscriber got and has not finished. */
  readonly inFlight: number;
}

/** What a bus with a stream can do with a durable name besides subscribing. */
export interface StreamAdministration {
  /** How far a durable name is; undefined when the bus does not know it. */
  durableState(durable: string): Promise<DurableState | undefined>;
  /** Forgets how far a durable name got; close its subscriptions first. Harmless when the bus does not know it. */
  forgetDurable(durable: string): Promise<void>;
  /** The dead letters of a durable name, the oldest first; their limit counts before the filter. */
  deadLetters(durable: string, options?: DeadLetterOptions): Promise<readonly DeadLetter[]>;
  /**
   * Gives dead letters to the subscribers of their durable name again, and to nobody else, as new messages at the end of the
   * stream with their old id; resolves with how many. Those whose content is gone stay.
   */
  redrive(durable: string, options?: DeadLetterOptions): Promise<number>;
}

/** The default of {@link SubscribeOptions.backoffMs}. */
export const DEFAULT_BACKOFF_MS: readonly number[] = [100, 200, 400, 800];

/** The default of {@link SubscribeOptions.ackWaitMs}. */
export const DEFAULT_ACK_WAIT_MS = 5_000;

/** The default of {@link SubscribeOptions.maximumInFlight}. */
export function inFlightOf({ laneOf, maximumInFlight }: SubscribeOptions): number {
  return maximumInFlight ?? (laneOf === undefined ? 1 : 256);
}

/** Marks a redriven message: only this durable name handles it. */
export const REDRIVE_HEADER = "Antiphon-Redrive";
/** The id of a redriven message before it was redriven: the bus needs a new one. */
export const REDRIVE_ID_HEADER = "Antiphon-Redrive-Id";

/** The message without the marks of a redrive; undefined when it was redriven for somebody else. */
export function unmarked(message: BusMessage, durable: string | undefined): BusMessage | undefined {
  const meant = message.headers[REDRIVE_HEADER];
  if (meant === undefined) return message;
  return meant === durable ? { ...message, ...withoutMarks(message) } : undefined;
}

/** The id and the headers that a message had before it was redriven. */
export function withoutMarks(message: Pick<BusMessage, "id" | "headers">): Pick<BusMessage, "id" | "headers"> {
  const { [REDRIVE_HEADER]: _mark, [REDRIVE_ID_HEADER]: id = message.id, ...headers } = message.headers;
  return { id, headers };
}
