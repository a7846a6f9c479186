import { nanos, type NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "@antiphon/std";
import { z } from "zod";
import { REDRIVE_HEADER, REDRIVE_ID_HEADER, type DeadLetter, type DeadLetterOptions } from "./bus-stream.ts";
import type { BusMessage } from "./bus-transport.ts";
import type { Obituary } from "./lane-runner.ts";
import { fromNatsHeaders } from "./nats-connection.ts";
import type { NatsStreamParts } from "./nats-durable.ts";
import type { NatsPublisher } from "./nats-publisher.ts";
import { findOrMake, untilStreamAnswers } from "./nats-stream-start.ts";

/** The dead letters of a stream, in a stream of their own beside it. */
export interface NatsDeadLetters {
  bury(message: BusMessage, durable: string, obituary: Obituary): Promise<void>;
  list(durable: string, options?: DeadLetterOptions): Promise<readonly DeadLetter[]>;
  redrive(durable: string, options?: DeadLetterOptions): Promise<number>;
}

const MAXIMUM_AGE_MS = 30 * 86_400_000;
const MAXIMUM_BYTES = 64 * 1024 * 1024;
const OBITUARY_HEADER = "Antiphon-Obituary";

const obituarySchema = z.object({
  reason: z.enum(["attempts", "rejected"]),
  failure: z.string(),
  attempts: z.number(),
  diedAtMs: z.number(),
  sequence: z.number(),
  subject: z.string(),
  id: z.string(),
});

/** Builds {@link NatsDeadLetters}. The stream `{name}_dead` is made with the first letter. */
export function createNatsDeadLetters(
  options: Pick<NatsStreamParts, "manager" | "streamName"> & {
    readonly connection: NatsConnection;
    readonly publisher: NatsPublisher;
    readonly replicas: number;
    readonly clock: Clock;
  },
): NatsDeadLetters {
  const { manager, connection, streamName, publisher, replicas, clock } = options;
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
    await untilStreamAnswers(connection, name);
  };
  const ensure = (): Promise<void> =>
    (ready ??= open().catch((error: unknown) => {
      ready = undefined;
      throw error;
    }));

  const next = async (durable: string, from: number): Promise<DeadLetter | undefined> => {
    const stored = await manager.direct.getMessage(name, { seq: from, next_by_subj: subjectOf(durable) });
    if (stored === null) return undefined;
    const { [OBITUARY_HEADER]: text = "", ...headers } = fromNatsHeaders(stored.header);
    return { letter: stored.seq, durable, ...obituarySchema.parse(JSON.parse(text)), headers, data: stored.data };
  };

  const letters: NatsDeadLetters = {
    async bury(message, durable, obituary) {
      await ensure();
      const { subject, id, sequence, headers, data } = message;
      const text = JSON.stringify({ ...obituary, diedAtMs: clock.now(), sequence, subject, id });
      const outgoing = { subject: subjectOf(durable), data, headers: { ...headers, [OBITUARY_HEADER]: text } };
      await publisher.publish({ ...outgoing, id: `dead:${durable}:${sequence}` }, undefined);
    },
    async list(durable, { limit = 1_000, filter = () => true, signal } = {}) {
      await ensure();
      const found: DeadLetter[] = [];
      for (let from = 1; found.length < limit;) {
        signal?.throwIfAborted();
        const letter = await next(durable, from);
        if (letter === undefined) break;
        found.push(letter);
        from = letter.letter + 1;
      }
      return found.filter(filter);
    },
    async redrive(durable, redriveOptions) {
      const chosen = await letters.list(durable, redriveOptions);
      for (const { letter, subject, id, headers, data } of chosen) {
        const marks = { [REDRIVE_HEADER]: durable, [REDRIVE_ID_HEADER]: id };
        const outgoing = { subject, data, headers: { ...headers, ...marks }, id: `redrive:${durable}:${letter}` };
        await publisher.publish(outgoing, redriveOptions?.signal);
        await manager.streams.deleteMessage(name, letter, false);
      }
      return chosen.length;
    },
  };
  return letters;
}
