import type { Clock, Logger } from "@antiphon/std";
import {
  inFlightOf,
  REDRIVE_HEADER,
  REDRIVE_ID_HEADER,
  type DeadLetter,
  type StreamAdministration,
  unmarked,
  type SubscribeOptions,
} from "./bus-stream.ts";
import type { BusMessage, BusSubscription } from "./bus-message.ts";
import type { PublishOptions } from "./bus-transport.ts";
import { createLaneRunner, type Delivery, type LaneCounts, type LaneRunner } from "./lane-runner.ts";
import { matchesSubject } from "./subject.ts";

/** The counters that a {@link MemoryStream} moves. */
export interface MemoryStreamCounts extends LaneCounts {
  published: number;
  duplicates: number;
  lost: number;
}

/** The stream of a memory bus: what is published, and how far each subscriber is. */
export interface MemoryStream extends StreamAdministration {
  /** False for an id that the stream has already. */
  append(subject: string, data: Uint8Array, options: Pick<PublishOptions, "id" | "headers">): boolean;
  subscribe(
    pattern: string,
    handler: (message: BusMessage) => Promise<void> | void,
    options: SubscribeOptions,
  ): BusSubscription;
  newest(pattern: string): BusMessage | undefined;
  close(): Promise<void>;
}

/** How far the subscribers of one name are; one that has no name has it for itself. */
interface Cursor {
  pattern: string;
  next: number;
  inFlight: number;
  readonly returned: BusMessage[];
  readonly members: { readonly limit: number; readonly runner: LaneRunner }[];
}

/** Builds a {@link MemoryStream}. */
export function createMemoryStream(options: {
  readonly limit: number;
  readonly counts: MemoryStreamCounts;
  readonly clock: Clock;
  readonly logger: Logger;
}): MemoryStream {
  const { limit, counts, clock, logger } = options;
  const kept: BusMessage[] = [];
  const ids = new Set<string>();
  const durables = new Map<string, Cursor>();
  const cursors = new Set<Cursor>();
  const letters = new Map<string, DeadLetter[]>();
  let nextSequence = 1;
  let nextLetter = 1;
  let turn = 0;

  /** The next message for a cursor: first what came back, then what is new. */
  const take = (cursor: Cursor): BusMessage | undefined => {
    const back = cursor.returned.shift();
    if (back !== undefined) return back;
    for (;;) {
      const first = kept[0]?.sequence ?? nextSequence;
      counts.lost += Math.max(0, first - cursor.next);
      const message = kept[Math.max(0, cursor.next - first)];
      if (message === undefined) return undefined;
      cursor.next = message.sequence + 1;
      if (matchesSubject(cursor.pattern, message.subject)) return message;
    }
  };

  const deliveryOf = (cursor: Cursor, durable: string | undefined, message: BusMessage): Delivery => {
    const release = () => {
      cursor.inFlight--;
      pump(cursor, durable);
    };
    return {
      message,
      done: release,
      giveBack() {
        cursor.returned.push({ ...message, attempt: message.attempt + 1 });
        cursor.returned.sort((left, right) => left.sequence - right.sequence);
        release();
      },
      async bury({ reason, failure, attempts }) {
        if (durable !== undefined) {
          const { subject, data, headers, id, sequence } = message;
          const obituary = {
            letter: nextLetter++,
            durable,
            reason,
            failure,
            attempts,
            diedAtMs: clock.now(),
            contentGone: false,
          };
          const all = letters.get(durable) ?? [];
          letters.set(durable, [
            ...all.slice(all.length >= limit ? 1 : 0),
            { ...obituary, sequence, subject, data, headers, id },
          ]);
        }
        release();
      },
    };
  };

  /** Hands out what a cursor may hand out. */
  const pump = (cursor: Cursor, durable: string | undefined): void => {
    while (cursor.members.length > 0) {
      const member = cursor.members[turn++ % cursor.members.length] as Cursor["members"][number];
      if (cursor.inFlight >= member.limit) return;
      const message = take(cursor);
      if (message === undefined) return;
      const mine = unmarked(message, durable);
      if (mine === undefined) continue;
      cursor.inFlight++;
      member.runner.accept(deliveryOf(cursor, durable, mine));
    }
  };

  const startOf = ({ durable, startAt = durable === undefined ? "new" : "all" }: SubscribeOptions): number => {
    if (startAt === "new") return nextSequence;
    const oldest = kept[0]?.sequence ?? nextSequence;
    if (startAt === "all") return durable === undefined ? oldest : 1;
    if ("sequence" in startAt) return Math.max(oldest, startAt.sequence);
    return kept.find(({ publishedAtMs }) => publishedAtMs >= startAt.atMs)?.sequence ?? nextSequence;
  };

  const stream: MemoryStream = {
    append(subject, data, { id, headers = {} }) {
      if (ids.has(id)) {
        counts.duplicates++;
        return false;
      }
      ids.add(id);
      counts.published++;
      const publishedAtMs = clock.now();
      kept.push({
        subject,
        data: new Uint8Array(data),
        headers: { ...headers },
        id,
        attempt: 1,
        sequence: nextSequence++,
        publishedAtMs,
      });
      if (kept.length > limit) ids.delete((kept.shift() as BusMessage).id);
      for (const [durable, cursor] of durables) pump(cursor, durable);
      for (const cursor of cursors) pump(cursor, undefined);
      return true;
    },
    subscribe(pattern, handler, subscribeOptions) {
      const { durable } = subscribeOptions;
      const known = durable === undefined ? undefined : durables.get(durable);
      const cursor = known ?? { pattern, next: startOf(subscribeOptions), inFlight: 0, returned: [], members: [] };
      cursor.pattern = pattern;
      if (durable === undefined) cursors.add(cursor);
      else durables.set(durable, cursor);
      const runner = createLaneRunner({ ...subscribeOptions, handler, counts, clock, logger });
      const member = { limit: inFlightOf(subscribeOptions), runner };
      cursor.members.push(member);
      pump(cursor, durable);
      const close = async () => {
        const index = cursor.members.indexOf(member);
        if (index >= 0) cursor.members.splice(index, 1);
        cursors.delete(cursor);
        await runner.close();
      };
      return { close, [Symbol.asyncDispose]: close };
    },
    newest: (pattern) => kept.findLast(({ subject }) => matchesSubject(pattern, subject)),
    async durableState(durable) {
      const cursor = durables.get(durable);
      if (cursor === undefined) return undefined;
      const { pattern, next } = cursor;
      const waiting = kept.filter(({ sequence, subject }) => sequence >= next && matchesSubject(pattern, subject));
      return { waiting: waiting.length + cursor.returned.length, inFlight: cursor.inFlight };
    },
    async forgetDurable(durable) {
      durables.delete(durable);
    },
    async deadLetters(durable, { limit: most = 1_000, filter = () => true } = {}) {
      return (letters.get(durable) ?? []).slice(0, most).filter(filter);
    },
    async redrive(durable, redriveOptions) {
      const chosen = await stream.deadLetters(durable, redriveOptions);
      for (const { letter, id, subject, data, headers } of chosen) {
        letters.set(durable, letters.get(durable)?.filter((each) => each.letter !== letter) ?? []);
        const marks = { [REDRIVE_HEADER]: durable, [REDRIVE_ID_HEADER]: id };
        stream.append(subject, data, { id: `redrive:${durable}:${letter}`, headers: { ...headers, ...marks } });
      }
      return chosen.length;
    },
    async close() {
      const members = [...durables.values(), ...cursors].flatMap((cursor) => cursor.members.splice(0));
      await Promise.all(members.map(({ runner }) => runner.close()));
    },
  };
  return stream;
}
