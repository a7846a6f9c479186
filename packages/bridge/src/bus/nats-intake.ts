import type { JsMsg } from "@nats-io/jetstream";
import type { BridgeError } from "../error.ts";
import { unmarked } from "./bus-stream.ts";
import type { BusMessage } from "./bus-message.ts";
import { rejectMessage, type LaneRunner } from "./lane-runner.ts";
import { fromNatsHeaders } from "./nats-connection.ts";
import type { NatsStreamParts } from "./nats-stream-parts.ts";
import { originOf, readOrigin, type Origin } from "./nats-origin.ts";

/** Takes the messages of a durable name from the server and answers for each. */
export interface NatsIntake {
  /** What waits, is fetched or is in work, by its sequence. */
  readonly held: ReadonlyMap<number, JsMsg>;
  /** Of the messages that came; 0 before the first. */
  readonly newestSequence: number;
  accept(raw: JsMsg): void;
  /** Tells the server that what is held is in good hands. */
  keep(): void;
  /** Resolves when nothing is fetched any more. */
  close(): Promise<void>;
}

/** Builds a {@link NatsIntake}; the runner is closed before it. */
export function createNatsIntake(
  { core, manager, streamName, bury }: Pick<NatsStreamParts, "core" | "manager" | "streamName" | "bury">,
  { durable, runner, signal }: { readonly durable: string; readonly runner: LaneRunner; readonly signal: AbortSignal },
): NatsIntake {
  const held = new Map<number, JsMsg>();
  const fetching = new Set<Promise<void>>();
  let newestSequence = 0;

  const release = (raw: JsMsg, how: (message: JsMsg) => void): void => {
    const sequence = raw.info.streamSequence;
    const latest = held.get(sequence) ?? raw;
    held.delete(sequence);
    // On a line that is down it would get lost; the message comes again, and is recognised.
    if (core.line.up) how(latest);
  };
  const hand = (raw: JsMsg, message: BusMessage, origin: Origin, refusal?: BridgeError): void => {
    runner.accept({
      message,
      refusal,
      done: () => release(raw, (each) => each.ack()),
      giveBack: () => release(raw, (each) => each.nak()),
      async bury(obituary) {
        await bury(message, durable, obituary, origin);
        release(raw, (each) => each.ack());
      },
    });
  };
  /** Hands on a redriven message whose content is elsewhere in the stream. */
  const fetch = async (raw: JsMsg, message: BusMessage, origin: Origin): Promise<void> => {
    try {
      const content = await readOrigin(manager, streamName, origin, signal);
      if (content !== undefined) hand(raw, { ...message, ...content }, origin);
      else hand(raw, message, origin, rejectMessage("the stream has its content no longer"));
    } catch {
      // An outage, or the end: the message comes again.
      release(raw, (each) => each.nak());
    }
  };

  return {
    held,
    get newestSequence() {
      return newestSequence;
    },
    accept(raw) {
      const message = unmarked(toBusMessage(raw), durable);
      if (message === undefined) return raw.ack();
      const { sequence, publishedAtMs } = message;
      newestSequence = Math.max(newestSequence, sequence);
      held.set(sequence, raw);
      const origin = originOf(message.headers);
      if (origin === undefined) return hand(raw, message, { sequence, publishedAtMs });
      const fetched = fetch(raw, message, origin).finally(() => fetching.delete(fetched));
      fetching.add(fetched);
    },
    keep() {
      for (const message of held.values()) message.working();
    },
    async close() {
      await Promise.all(fetching);
    },
  };
}

/** A message of a stream as a subscriber sees it. */
export function toBusMessage(message: JsMsg): BusMessage {
  const { subject, data, info } = message;
  return {
    subject,
    data,
    ...fromNatsHeaders(() => message.headers),
    attempt: info.deliveryCount,
    sequence: info.streamSequence,
    publishedAtMs: Math.floor(info.timestampNanos / 1e6),
  };
}
