import type { StoredMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { isAntiphonError, type Clock, type Logger } from "@antiphon/std";
import { z } from "zod";
import { REDRIVE_HEADER, REDRIVE_ID_HEADER, type DeadLetter, type DeadLetterOptions } from "./bus-stream.ts";
import type { BusMessage } from "./bus-message.ts";
import { fromNatsHeaders } from "./nats-connection.ts";
import type { NatsStreamParts } from "./nats-stream-parts.ts";
import { originHeaders, originOf, readOrigin, type Origin } from "./nats-origin.ts";
import type { NatsPublisher, Outgoing } from "./nats-publisher.ts";
import { findOrMake, untilStreamAnswers } from "./nats-stream-start.ts";

/** The dead letters of a stream, in a stream of their own beside it. */
export interface NatsDeadLetters extends Pick<NatsStreamParts, "bury"> {
  list(durable: string, options?: DeadLetterOptions): Promise<readonly DeadLetter[]>;
  redrive(durable: string, options?: DeadLetterOptions): Promise<number>;
}

/** Options of {@link createNatsDeadLetters}. */
export interface NatsDeadLettersOptions extends Pick<NatsStreamParts, "core" | "manager" | "streamName"> {
  readonly publisher: NatsPublisher;
  readonly replicas: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const MAXIMUM_AGE_MS = 30 * 86_400_000;
const MAXIMUM_BYTES = 64 * 1024 * 1024;
const OBITUARY_HEADER = "Antiphon-Obituary";
/** How much a letter without content says of the subject and the id; the original has them whole. */
const POINTER_TEXT_LENGTH = 100;

const obituarySchema = z.object({
  reason: z.enum(["attempts", "rejected"]),
  failure: z.string(),
  attempts: z.number(),
  diedAtMs: z.number(),
  sequence: z.number(),
  subject: z.string(),
  id: z.string(),
});

interface Found {
  readonly letter: DeadLetter;
  /** Where its content is, if not in the letter. */
  readonly origin: Origin | undefined;
}

/** Builds {@link NatsDeadLetters}. The stream `{name}_dead` is made with the first letter. */
export function createNatsDeadLetters(options: NatsDeadLettersOptions): NatsDeadLetters {
  const { core, manager, streamName, publisher, replicas, clock, logger } = options;
  const name = `${streamName}_dead`;
  const subjectOf = (durable: string) => `dead.${streamName}.${durable}`;
  let ready: Promise<void> | undefined;

  const open = async (): Promise<void> => {
    const limits = { max_age: nanos(MAXIMUM_AGE_MS), max_bytes: MAXIMUM_BYTES, num_replicas: replicas };
    const wanted = { name, subjects: [`dead.${streamName}.*`], allow_direct: true, ...limits };
    // Somebody may have made it with other settings; those are theirs.
    await findOrMake(
      () => manager.streams.info(name),
      () => manager.streams.add(wanted),
    );
    await untilStreamAnswers(core.connection, name);
  };
  const ensure = (): Promise<void> =>
    (ready ??= open().catch((error: unknown) => {
      ready = undefined;
      throw error;
    }));

  /** Publishes a message again with what is to be said of it; where both do not fit, with a pointer to its content. */
  const publishOr = async (whole: Outgoing, pointer: Outgoing, signal?: AbortSignal): Promise<void> => {
    try {
      core.checkContent(whole.data, whole.headers, whole.id);
      await publisher.publish(whole, signal);
    } catch (error) {
      // Headers that are too many, or that only other clients write, fit as little as too much data.
      const isRefused =
        isAntiphonError(error, "BRIDGE_MESSAGE_TOO_LARGE") || isAntiphonError(error, "BRIDGE_INVALID_HEADER");
      if (!isRefused) throw error;
      await publisher.publish(pointer, signal);
    }
  };

  const read = async (
    durable: string,
    stored: StoredMsg,
    signal: AbortSignal | undefined,
  ): Promise<Found | undefined> => {
    const { [OBITUARY_HEADER]: text = "", ...headers } = fromNatsHeaders(() => stored.header).headers;
    const obituary = obituarySchema.safeParse(jsonOf(text));
    if (!obituary.success) {
      logger.warn("no dead letter, though it is among them", { durable, stream: name, sequence: stored.seq });
      return undefined;
    }
    const letter = { letter: stored.seq, durable, ...obituary.data };
    const origin = originOf(headers);
    if (origin === undefined) return { letter: { ...letter, headers, data: stored.data, contentGone: false }, origin };
    const content = await readOrigin(manager, streamName, origin, signal);
    if (content !== undefined) return { letter: { ...letter, ...content, contentGone: false }, origin };
    return { letter: { ...letter, headers: {}, data: new Uint8Array(), contentGone: true }, origin };
  };

  const find = async (
    durable: string,
    { limit = 1_000, filter = () => true, signal }: DeadLetterOptions,
  ): Promise<readonly Found[]> => {
    await ensure();
    const found: Found[] = [];
    for (let from = 1; found.length < limit;) {
      signal?.throwIfAborted();
      const stored = await manager.direct.getMessage(name, { seq: from, next_by_subj: subjectOf(durable) });
      if (stored === null) break;
      const each = await read(durable, stored, signal);
      if (each !== undefined) found.push(each);
      from = stored.seq + 1;
    }
    return found.filter(({ letter }) => filter(letter));
  };

  return {
    async bury(message, durable, obituary, origin) {
      await ensure();
      const { sequence, data, headers } = message;
      const target = { subject: subjectOf(durable), id: `dead:${durable}:${sequence}` };
      const sayOf = ({ subject, id }: Pick<BusMessage, "subject" | "id">) => ({
        [OBITUARY_HEADER]: JSON.stringify({ ...obituary, diedAtMs: clock.now(), sequence, subject, id }),
      });
      const short = (value: string) => value.slice(0, POINTER_TEXT_LENGTH);
      await publishOr(
        { ...target, data, headers: { ...headers, ...sayOf(message) } },
        pointerTo(origin, target, sayOf({ subject: short(message.subject), id: short(message.id) })),
      );
    },
    async list(durable, listOptions = {}) {
      return (await find(durable, listOptions)).map(({ letter }) => letter);
    },
    async redrive(durable, redriveOptions = {}) {
      let redriven = 0;
      for (const { letter: chosen, origin } of await find(durable, redriveOptions)) {
        const { letter, sequence, subject, id, headers, data, contentGone } = chosen;
        if (contentGone) {
          logger.warn("dead letter not redriven: its content is gone", { durable, letter, subject, sequence });
          continue;
        }
        // These marks are shorter than the obituary, so that a letter with content is redriven with content.
        const target = { subject, id: `redrive:${letter}` };
        const mark = { [REDRIVE_HEADER]: durable };
        const whole = { ...target, data, headers: { ...headers, ...mark, [REDRIVE_ID_HEADER]: id } };
        if (origin === undefined) await publisher.publish(whole, redriveOptions.signal);
        else await publishOr(whole, pointerTo(origin, target, mark), redriveOptions.signal);
        await manager.streams.deleteMessage(name, letter, false);
        redriven++;
      }
      return redriven;
    },
  };
}

/** A message whose content is elsewhere in the stream. */
function pointerTo(
  origin: Origin,
  target: Pick<Outgoing, "subject" | "id">,
  headers: Readonly<Record<string, string>>,
): Outgoing {
  return { ...target, data: new Uint8Array(), headers: { ...headers, ...originHeaders(origin) } };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it.
    return undefined;
  }
}
