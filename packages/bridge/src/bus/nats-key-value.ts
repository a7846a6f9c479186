import { jetstream, JetStreamApiError } from "@nats-io/jetstream";
import { Kvm, type KV } from "@nats-io/kv";
import { errors, type NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import { checkSize } from "./bus-failure.ts";
import type { BusSubscription } from "./bus-message.ts";
import type { ConnectionLine } from "./connection-line.ts";
import {
  bucketMismatch,
  bucketMissing,
  checkBucket,
  checkKey,
  revisionConflict,
  tablesMissing,
  type KeyValueOptions,
  type KeyValueStore,
} from "./key-value.ts";
import { readStream } from "./nats-reader.ts";
import { findOrMake, readThroughElection, untilElected, untilStreamAnswers } from "./nats-stream-start.ts";

const WRONG_LAST_SEQUENCE = new Set([10_071, 10_164]);
const MESSAGE_TOO_LARGE = 10_054;

/** What a bucket works with. */
export interface NatsKeyValueParts {
  readonly connection: NatsConnection;
  readonly line: ConnectionLine;
  readonly clock: Clock;
  readonly counts: { abandoned: number };
  /** Told of each watcher, to end it with the bus. */
  readonly track: (end: () => Promise<void>) => BusSubscription;
}

/** Opens a bucket of a NATS server with JetStream; throws as `CoreBus.openKeyValue`. */
export async function openNatsKeyValue(
  parts: NatsKeyValueParts,
  bucket: string,
  options: KeyValueOptions,
): Promise<KeyValueStore> {
  checkBucket(bucket);
  try {
    return await openStore(parts, bucket, options);
  } catch (error) {
    // Its class is not among what the client exports.
    if (error instanceof Error && error.name === "JetStreamNotEnabled") throw tablesMissing(bucket, error);
    throw error;
  }
}

async function openStore(parts: NatsKeyValueParts, bucket: string, options: KeyValueOptions): Promise<KeyValueStore> {
  const { connection } = parts;
  const store = await openBucket(new Kvm(connection), bucket, options);
  const { history, streamInfo } = await untilElected(() => store.status(), { clock: parts.clock });
  if (options.history !== undefined && history !== options.history)
    throw bucketMismatch(bucket, history, options.history);
  const { name, allow_direct: direct } = streamInfo.config;
  if (direct) await untilStreamAnswers(connection, name);
  return storeOver(bucket, store, parts);
}

function openBucket(manager: Kvm, bucket: string, options: KeyValueOptions): Promise<KV> {
  const find = () => existing(manager, bucket);
  return findOrMake(find, () => make(manager, bucket, options));
}

async function make(manager: Kvm, bucket: string, options: KeyValueOptions): Promise<KV> {
  if (options.create !== true) throw bucketMissing(bucket);
  const { history = 1, maximumValueBytes, maximumAgeMs, replicas = 1 } = options;
  return await manager.create(bucket, {
    history,
    replicas,
    // A replica that is behind would answer with what was; who compares and sets needs what is.
    allow_direct: replicas === 1,
    ...(maximumAgeMs === undefined ? {} : { ttl: maximumAgeMs }),
    ...(maximumValueBytes === undefined ? {} : { maxValueSize: maximumValueBytes }),
  });
}

async function existing(manager: Kvm, bucket: string): Promise<KV> {
  const store = await manager.open(bucket);
  // Opening asks nothing of the server; the status does, and fails when there is no such bucket.
  await store.status();
  return store;
}

function storeOver(
  bucket: string,
  store: KV,
  { connection, line, clock, counts, track }: NatsKeyValueParts,
): KeyValueStore {
  const prefix = `$KV.${bucket}.`;
  /** Writes a value; the server's limit, and the bucket's own, may be lower than ours. */
  const keep = async (value: Uint8Array, write: () => Promise<number>): Promise<number> => {
    try {
      return await write();
    } catch (error) {
      const isTooLarge =
        error instanceof errors.InvalidArgumentError ||
        (error instanceof JetStreamApiError && error.code === MESSAGE_TOO_LARGE);
      if (!isTooLarge) throw error;
      const text = `A value of ${value.byteLength} bytes is more than the server or the bucket ${bucket} takes.`;
      throw new BridgeError("BRIDGE_MESSAGE_TOO_LARGE", text, { cause: error });
    }
  };
  return {
    bucket,
    async get(key) {
      checkKey(key);
      const entry = await readThroughElection(() => store.get(key));
      if (entry?.operation !== "PUT") return undefined;
      return { key, value: entry.value, revision: entry.revision };
    },
    async put(key, value) {
      checkKey(key);
      checkSize(value);
      return keep(value, () => store.put(key, value));
    },
    async putIf(key, value, expectedRevision) {
      checkKey(key);
      checkSize(value);
      try {
        return await keep(value, () =>
          expectedRevision === 0 ? store.create(key, value) : store.update(key, value, expectedRevision),
        );
      } catch (error) {
        if (!(error instanceof JetStreamApiError) || !WRONG_LAST_SEQUENCE.has(error.code)) throw error;
        throw revisionConflict(bucket, key, expectedRevision);
      }
    },
    async delete(key) {
      checkKey(key);
      await store.delete(key);
    },
    async keys() {
      const found: string[] = [];
      for await (const key of await store.keys()) found.push(key);
      return found.sort();
    },
    async watch(handler, { key } = {}) {
      if (key !== undefined) checkKey(key);
      const end = await readStream({
        connection,
        line,
        client: jetstream(connection),
        streamName: `KV_${bucket}`,
        pattern: `${prefix}${key ?? ">"}`,
        startAt: "lastPerSubject",
        clock,
        onMessage({ subject, data, headers, info }) {
          const isValue = (headers?.get("KV-Operation") ?? "") === "";
          try {
            handler({ key: subject.slice(prefix.length), value: isValue ? data : null, revision: info.streamSequence });
          } catch {
            // As a listener's: its failure is its own.
            counts.abandoned++;
          }
        },
      });
      return track(end);
    },
  };
}
